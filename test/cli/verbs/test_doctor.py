"""``fer doctor``: each check on its own, and none able to take the others down."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from fer_ros.cli.checks import dds, home, models, modules
from fer_ros.cli.checks.finding import Finding
from fer_ros.cli.checks.runner import CHECKS, Check, run_all
from fer_ros.cli.main import main
from fer_ros.cli.verbs.doctor import line
from fer_ros.core.base.paths import share_dir

Fer = Callable[..., Any]

FINE = "from fer_ros.cli.checks.finding import ok\n\n\ndef check():\n    yield ok('fine')\n"
NOISY = (
    "import os\nimport sys\nfrom fer_ros.cli.checks.finding import ok\n\n\ndef check():\n"
    "    os.write(1, b'{\"level\": \"error\"}\\nnoise')\n    print('noise')\n    yield ok('fine')\n"
)
RAISES = (
    "from fer_ros.cli.checks.finding import ok\n\n\ndef check():\n    yield ok('first')\n    raise OSError('no luck')\n"
)
ABORTS = (
    "import os\nfrom fer_ros.cli.checks.finding import ok\n\n\ndef check():\n    yield ok('first')\n    os.abort()\n"
)
LEAVES = "import os\n\n\ndef check():\n    os._exit(0)\n    yield\n"
#: Hangs with a child of its own that would live for a minute.
HANGS = (
    "import subprocess\nfrom fer_ros.cli.checks.finding import ok\n\n\ndef check():\n"
    "    child = subprocess.Popen(['sleep', '60'])\n    yield ok(str(child.pid))\n    child.wait()\n"
)


@pytest.fixture
def extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Check]:
    """Makes a check from its source text."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, text: str, timeout: float = 30.0) -> Check:
        (tmp_path / f"extra_{name}.py").write_text(text)
        return Check(name, f"extra_{name}", timeout)

    return make


def levels(findings: list[Finding]) -> list[str]:
    return [finding.level for finding in findings]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def mentions(word: str) -> int:
    """How many processes have the word in their command."""
    count = 0
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += word in file.read_text(errors="replace")
        except OSError:
            continue
    return count


@pytest.mark.slow
def test_a_check_that_fails_crashes_or_hangs_leaves_the_others_alone(extra: Callable[..., Check]) -> None:
    checks = [
        extra("noisy", NOISY),
        extra("raises", RAISES),
        extra("aborts", ABORTS),
        extra("leaves", LEAVES),
        extra("hangs", HANGS, 2.0),
        Check("absent", "extra_absent", 30.0),
        extra("fine", FINE),
    ]
    found = {check.name: findings for check, findings in run_all(checks, at_once=3)}
    assert list(found) == [check.name for check in checks], "reported in order"
    assert found["noisy"] == found["fine"] == [Finding("ok", "fine")]
    assert levels(found["raises"]) == levels(found["aborts"]) == levels(found["hangs"]) == ["ok", "error"]
    assert "OSError: no luck" in found["raises"][1].text
    assert "SIGABRT" in found["aborts"][1].text
    assert "2 s" in found["hangs"][1].text
    assert levels(found["leaves"]) == levels(found["absent"]) == ["error"]
    deadline = time.monotonic() + 90
    while alive(int(found["hangs"][0].text)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(int(found["hangs"][0].text)), "what a check started ends with it"


def test_checks_end_when_nobody_waits_for_them_any_more(extra: Callable[..., Check]) -> None:
    name = f"hangs{os.getpid()}"  # other test runs on this machine have such checks, too
    running = run_all([extra("fine", FINE), extra(name, HANGS, 60.0)], at_once=2)
    assert next(running)[0].name == "fine"
    assert isinstance(running, Generator)
    deadline = time.monotonic() + 90
    # A process that starts another one is there twice for a moment: before that is what it is to become.
    while (count := mentions(f"extra_{name}")) != 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert count == 1
    running.close()
    assert mentions(f"extra_{name}") == 0


def test_an_error_line_is_one_line() -> None:
    shown = line("camera", Finding("error", "it\x1b[31m is\nbroken", "mend it"))
    assert shown == "error    camera    it�[31m is�broken → mend it"


def test_quick_checks_as_json_and_exit_status(fer: Fer, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = fer("doctor", "python", "home", "machine", "--json", FER_HOME=str(tmp_path / "new"))
    report = json.loads(done.out)
    assert done.code == 0 and report["ok"] and report["counts"]["error"] == 0
    assert {row["check"] for row in report["findings"]} == {"python", "home", "machine"}
    assert not (tmp_path / "new").exists()
    done = fer("doctor", "home", FER_HOME=str(file))
    assert done.code == 1
    assert done.out.splitlines()[0].startswith("error    home") and "1 error, no warnings" in done.out


def test_an_unknown_check_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "camra"]) == 2
    assert "did you mean 'camera'" in capsys.readouterr().err


@pytest.mark.ros
def test_this_environment_has_what_the_robot_needs() -> None:
    names = {"modules", "ros", "messages", "dds", "models", "plugins"}
    found = dict(run_all([check for check in CHECKS if check.name in names]))
    bad = {check.name: f.text for check, findings in found.items() for f in findings if f.level == "error"}
    assert not bad
    texts = [f.text for findings in found.values() for f in findings if f.level == "ok"]
    assert any("heard on domain " + os.environ["ROS_DOMAIN_ID"] in text for text in texts), texts
    assert any("image of 640x480 arrives whole" in text for text in texts)


@pytest.mark.ros
def test_a_node_that_runs_already_is_named(fer: Fer, start: Callable[..., Any]) -> None:
    node = "import rclpy, sys; rclpy.init(); n = rclpy.create_node('camera', namespace='/fer'); rclpy.spin(n)"
    start(sys.executable, "-c", node)
    for _ in range(3):  # discovery may take longer than the check lasts
        done = fer("doctor", "dds")
        if "/fer/camera runs already" in done.out:
            break
    assert "warning  dds       /fer/camera runs already" in done.out and done.code == 0


def by_environment(fer: Fer, check: str, **environment: str) -> dict[str, Any]:
    """The first finding that is worse than ok."""
    rows = json.loads(fer("doctor", check, "--json", **environment).out)["findings"]
    return next(row for row in rows if row["level"] in ("warning", "error"))


@pytest.mark.ros
def test_what_the_environment_sets_wrong_is_named(fer: Fer) -> None:
    found = by_environment(fer, "ros", ROS_DOMAIN_ID="abc")
    assert found["level"] == "error" and "ROS_DOMAIN_ID='abc'" in found["text"]
    found = by_environment(fer, "ros", ROS_DOMAIN_ID="150")
    assert found["level"] == "warning" and "ROS_DOMAIN_ID=150" in found["text"]
    found = by_environment(fer, "ros", RMW_IMPLEMENTATION="rmw_nonesuch_cpp")
    assert found["level"] == "error" and "rmw_nonesuch_cpp is not installed" in found["text"]
    found = by_environment(fer, "dds", ROS_DOMAIN_ID="abc")
    assert found["level"] == "error" and "not tried" in found["text"]


@pytest.mark.slow
def test_strangers_plugins_that_fail_are_warnings(fer: Fer, stranger: Any) -> None:
    done = fer("doctor", "plugins", "--json", PYTHONPATH=stranger.path)
    rows = json.loads(done.out)["findings"]
    warned = [row["facts"]["name"] for row in rows if row["level"] == "warning" and "name" in row["facts"]]
    assert sorted(warned) == sorted([*stranger.broken, "grey"]), "the sources, and the head that is none"
    assert done.code == 0, done.out


def test_a_missing_or_old_module_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old_thing.py").write_text("__version__ = '1.9.2rc1'\n")
    (tmp_path / "new_thing.py").write_text("__version__ = '5.0.0'\n")
    (tmp_path / "bad_thing.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    things = (
        modules.Module("old_thing", "old-thing", (2, 0)),
        modules.Module("new_thing", "new-thing", (4, 8), (5,)),
        modules.Module("bad_thing", "bad-thing", needed=False, use="nothing is drawn"),
        modules.Module("no_thing", "no-thing", (1,)),
        modules.Module("old_thing", "old-thing", (1, 9), (2,), attribute="Missing"),
        modules.Module("old_thing", "old-thing", (1, 9), (2,)),
    )
    monkeypatch.setattr(modules, "MODULES", things)
    old, new, bad, no, lacking, fine = list(modules.check())[: len(things)]
    assert (old.level, old.text) == ("error", "old-thing 1.9.2rc1 is too old")
    assert old.cure == "`pip install 'old-thing>=2.0'`"
    assert (new.level, new.text) == ("error", "new-thing 5.0.0 is too new")
    assert new.cure == "`pip install 'new-thing>=4.8,<5'`"
    assert bad.level == "warning" and "libGL.so.1" in bad.text and "nothing is drawn" in bad.text
    assert (no.level, no.text) == ("error", "no-thing is missing")
    assert lacking.level == "error" and "no Missing" in lacking.text
    assert fine.level == "ok"


def test_a_library_that_cannot_be_loaded_is_said_with_the_cure(fer: Fer, tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    done = fer("doctor", "modules", "camera", "models", PYTHONPATH=str(tmp_path))
    errors = [text for text in done.out.splitlines() if text.startswith("error")]
    assert done.code == 1 and "Traceback" not in done.out + done.err
    assert [text.split()[1] for text in errors] == ["modules", "models"], "no camera is there to be opened"
    assert "libGL.so.1" in errors[0] and "pip install 'opencv-python-headless>=4.6,<5'" in errors[0]


def test_damaged_models_are_errors(fer_home: Path) -> None:
    assert levels(list(models.check())) == ["ok", "ok"]
    folder = fer_home / "models" / "mine"
    folder.mkdir(parents=True)
    for file in (share_dir() / "models" / "default").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "head.npz").open("ab") as head:
        head.write(b"x")
    found = list(models.check())
    assert levels(found) == ["error", "ok", "ok"] and "SHA-256" in found[0].text


def test_an_open_user_folder_is_warned_of(fer_home: Path) -> None:
    assert levels(list(home.check())) == ["ok"]
    fer_home.mkdir(mode=0o700)
    assert levels(list(home.check())) == ["ok"]
    fer_home.chmod(0o755)
    found = list(home.check())
    assert levels(found) == ["warning", "ok"] and found[0].cure == f"`chmod 700 {fer_home}`"


def test_multicast_interfaces_are_those_that_are_up(tmp_path: Path) -> None:
    for name, flags in (("eth0", "0x1003"), ("lo", "0x9"), ("down", "0x1002"), ("odd", "none")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "flags").write_text(flags)
    assert dds.multicast_interfaces(tmp_path) == ["eth0"]
    real = dds.multicast_interfaces()
    assert set(real) <= {name for _, name in socket.if_nameindex()}
