"""The rig itself: what cannot be tried is skipped with the reason, and what fails makes the status 1."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from scripts.rig import main, tools

from ..conftest import ROOT, Run


@pytest.mark.slow
def test_without_the_ros2_command_everything_is_skipped(run: Run, tmp_path: Path) -> None:
    folders = [f for f in os.environ["PATH"].split(os.pathsep) if not Path(f, "ros2").exists()]
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = run(
        ROOT / "scripts" / "ros_rig.sh", "--only", "images,train,kills", PATH=os.pathsep.join([*folders, str(tmp_path)])
    )
    lines = done.out.splitlines()
    assert done.code == 0, done.err
    assert [line.split()[:2] for line in lines[1:4]] == [["skipped", name] for name in ("images", "train", "kills")]
    assert all("the command ros2 is not installed" in line for line in lines[1:4])
    assert lines[4] == "0 ok, 0 failed, 3 skipped"


def test_a_failure_is_told_and_makes_the_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> str:
        tools.expect(False, "too slow")
        return ""

    monkeypatch.setattr(main, "checks", lambda given: {"good": lambda: "fine", "bad": fails})
    for name in ("ROS_DOMAIN_ID", "FER_HOME", "ROS_HOME"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setattr("sys.argv", ["ros_rig.sh"])
    assert main.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[1].startswith("ok       good") and lines[2].startswith("failed   bad") and lines[2].endswith("too slow")
    )
    assert lines[3] == "1 ok, 1 failed, 0 skipped"


def test_a_command_that_fails_is_told_with_what_it_said() -> None:
    with pytest.raises(tools.Failed, match="ended with 3: oh no"):
        tools.typed("sh", "-c", "echo oh no; exit 3")
    assert tools.typed("sh", "-c", "echo fine; exit 3", status=None) == "fine\n"
    with pytest.raises(tools.Skip, match="no-such-command is not installed"):
        tools.typed("no-such-command")
