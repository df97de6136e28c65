"""What our processes may import: nothing of the working folder, and nothing that shadows what is installed."""

from __future__ import annotations

import ast
import contextlib
import os
import site
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fer_ros
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.cli.checks import runner
from fer_ros.core.base import isolation
from fer_ros.core.training.client import TrainingProcess

HOME = Path(fer_ros.__file__).resolve().parents[1]


def test_the_working_folder_is_taken_off_a_path_unless_the_user_names_it_in_full() -> None:
    path = ["", "/work", "relative", "/lib", str(HOME)]
    kept = ["/lib", str(HOME)]
    assert isolation.safe_path(path, "", "/work") == kept
    assert isolation.safe_path(path, ":/lib", "/work") == kept
    assert isolation.safe_path(path, "/lib:/work", "/work") == ["/work", *kept]
    assert isolation.safe_path(path, "", "") == ["/work", *kept]


def test_the_working_folder_stays_behind_the_packages_where_pip_install_e_has_put_it() -> None:
    (site_folder, *_) = site.getsitepackages()
    assert isolation.safe_path(["/work", "/lib", site_folder, "/work"], "", "/work") == ["/lib", site_folder, "/work"]


def test_where_our_own_package_lies_in_the_working_folder_it_comes_last() -> None:
    for first in ("", str(HOME)):
        assert isolation.safe_path([first, "/lib"], "", str(HOME)) == ["/lib", str(HOME)]


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a file for each module of Python itself that leaves a mark when it is run."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in (*sys.stdlib_module_names, "numpy", "cv2", "yaml", "fer_ros", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a').write({name!r} + '\\n')\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep + os.environ.get("PYTHONPATH", ""))
    return tmp_path / "run"


def test_a_child_runs_nothing_of_the_working_folder(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend("")
    with isolation.start(
        isolation.command("fer_ros.cli.checks.child", "fer_ros.cli.checks.python"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.communicate(timeout=60)[0].startswith(b"{") and child.returncode == 0
    assert not hostile.exists()


def _training() -> Iterator[int]:
    process = TrainingProcess()
    yield process.pid
    process.end()


def _check_of_doctor() -> Iterator[int]:
    (check,) = (check for check in runner.CHECKS if check.module.endswith(".python"))
    job = runner._start(check)
    yield job.process.pid
    runner._finish(job)


def _benchmark() -> Iterator[int]:
    with Child("fer_ros.core.training.worker", ()) as child:
        yield child.pid


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system has no /proc")
@pytest.mark.parametrize("kind", [_training, _check_of_doctor, _benchmark])
def test_a_child_inherits_no_open_file(tmp_path: Path, kind: Callable[[], Iterator[int]]) -> None:
    (tmp_path / "private").touch()
    handle = os.open(tmp_path / "private", os.O_RDONLY)
    os.set_inheritable(handle, True)
    child = kind()
    try:
        pid = next(child)
        found: dict[int, str] = {}
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # it is starting, and has closed that one meanwhile
                found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        assert {0, 1, 2} <= set(found) and str(tmp_path / "private") not in found.values()
    finally:
        os.close(handle)
        list(child)


def test_the_users_own_packages_are_found_last_and_only_where_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(own))
    monkeypatch.setattr(sys, "path", [str(own), *sys.path])
    assert str(own) not in isolation.command("x")[3]
    (own / "needed_alone.py").write_text("")
    __import__("needed_alone")
    assert isolation.command("x")[3].endswith(f'"{own}"]')


def test_whatever_starts_a_process_does_it_here() -> None:
    found = set()
    for file in (HOME / "fer_ros").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            module = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            started = module == "os" and node.func.attr.startswith(("exec", "spawn", "popen", "posix_spawn", "system"))
            if started or module in ("subprocess", "multiprocessing"):
                found.add(str(file.relative_to(HOME)))
    assert found == {"fer_ros/core/base/isolation.py"}
