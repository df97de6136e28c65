"""Setting up on a machine that lacks something: one line that says what to do, and nothing is touched."""

from __future__ import annotations

import importlib.util
import os
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = getattr(sys, "_base_executable", sys.executable)
FOLDERS = [Path(p) for p in os.environ["PATH"].split(os.pathsep) if Path(p).is_dir()]


def path_without(folder: Path, *absent: str) -> str:
    """A PATH on which all commands of this machine are found, but these."""
    folder.mkdir()
    for source in FOLDERS:
        for command in source.iterdir():
            link = folder / command.name
            if command.name not in absent and not link.is_symlink():
                link.symlink_to(command)
    return str(folder)


@pytest.mark.parametrize("absent", [["gcc"], ["g++", "make"]], ids=" and ".join)
def test_missing_tools_are_named_with_their_packages(
    run: Callable[..., Any], tmp_path: Path, absent: list[str]
) -> None:
    path = path_without(tmp_path / "bin", *absent)
    done = run(ROOT / "scripts" / "setup.sh", PATH=path, PYTHON=PYTHON, VENV=str(tmp_path / "venv"))
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert f"missing: {', '.join(absent)}" in line
    assert line.endswith(f"apt-get install -y {' '.join(absent)}")
    assert not (tmp_path / "venv" / "pyvenv.cfg").exists()


def test_python_that_does_not_fit_is_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text(
        f"#!/bin/sh\nexec {PYTHON} -c 'import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])' \"$2\"\n"
    )
    old.chmod(0o755)
    for python in (old, tmp_path / "absent"):
        done = run(ROOT / "scripts" / "setup.sh", PYTHON=str(python), VENV=str(tmp_path / "venv"))
        assert done.code == 1
        (line,) = done.err.splitlines()
        assert f"PYTHON={python}" in line
        assert "3.10 to 3.13" in line


def test_an_activated_environment_is_no_other_python(run: Callable[..., Any], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    script = tmp_path / "found.sh"
    script.write_text(f'. "{ROOT}/scripts/tools.sh"\nfind_python\n')
    activated = f"{tmp_path}/venv/bin{os.pathsep}{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"
    found = run("bash", script, PATH=activated, PYTHON="")
    assert found.code == 0 and found.out.split() == [os.path.realpath(PYTHON)]


def test_a_folder_with_other_things_is_left_alone(run: Callable[..., Any], tmp_path: Path) -> None:
    precious = tmp_path / "notes.txt"
    precious.write_text("mine")
    done = run(ROOT / "scripts" / "setup.sh", PYTHON=PYTHON, VENV=str(tmp_path))
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert str(tmp_path) in line
    assert list(tmp_path.iterdir()) == [precious]


def test_header_folders_of_the_build_machine_are_replaced() -> None:
    spec = importlib.util.spec_from_file_location("mend_headers", ROOT / "scripts" / "mend_headers.py")
    assert spec is not None
    assert spec.loader is not None
    mend_headers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mend_headers)
    text = (
        'set(_dirs "/opt/python/cp311-cp311/include/python3.11;'
        "/opt/_internal/cpython-3.12.1/lib/python3.12/site-packages/numpy/_core/include;"
        '/opt/ros/jazzy/include/rcl")'
    )
    mended = mend_headers.mend(text, "/py\\1", "/np")
    assert mended == 'set(_dirs "/py\\1;/np;/opt/ros/jazzy/include/rcl")'
    assert mend_headers.mend(mended, "/py\\1", "/np") == mended


def test_this_environment_has_a_fer_command_that_needs_no_sourcing(run: Callable[..., Any]) -> None:
    command = Path(sys.prefix, "bin", "fer")
    if not command.exists():
        pytest.skip("fer_ros was not installed by `make setup`")
    done = run(command, "plugins", "--json", PATH="/usr/bin:/bin", AMENT_PREFIX_PATH="", PYTHONPATH="")
    assert done.code == 0, done.err
    assert '"haar"' in done.out
