"""`fer plugins new`: a package that installs, whose tests pass, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fer_ros.cli.main import main

KINDS = ("source", "detector", "backbone", "head", "filter", "sink")


@pytest.mark.slow
def test_the_package_is_whole_and_its_own_tests_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "new", *KINDS, "robin", "--folder", str(tmp_path)]) == 0
    assert "pip install -e ." in capsys.readouterr().out
    folder = tmp_path / "robin"
    text = "".join(file.read_text() for file in folder.rglob("*") if file.is_file())
    assert "Example" not in text and "example_" not in text
    for kind in KINDS:
        assert (folder / "robin" / f"{kind}.py").is_file() and f"Robin{kind.capitalize()}" in text
    # As somebody runs them who has installed it.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "6 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["source"], "give the kinds and a name"),
        (["sorce", "robin"], "did you mean 'source'?"),
        (["source", "numpy"], "there is a Python module 'numpy' already"),
        (["source", "Robin"], "use small letters"),
        (["source", "../robin"], "use small letters"),
        (["source", "class"], "use small letters"),
        (["source", "there"], "exists already"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    (tmp_path / "there").mkdir()
    assert main(["plugins", "new", *words, "--folder", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there"] and not any((tmp_path / "there").iterdir())
