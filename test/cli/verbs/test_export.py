"""``fer export``: what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fer_ros.cli.main import main


def test_it_says_where_to_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a page"
    assert main(["export", "--web", str(folder), "--model", "small"]) == 0
    said = capsys.readouterr().out
    assert "with model small" in said and f"--directory '{folder}'" in said
    assert main(["export", "--web", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "default"


def test_a_wrong_model_or_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--web", str(tmp_path / "page"), "--model", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err and not (tmp_path / "page").exists()
    (tmp_path / "mine").write_text("mine")
    assert main(["export", "--web", str(tmp_path)]) == 2
    assert "holds other files" in capsys.readouterr().err
