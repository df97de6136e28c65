"""``fer export``: what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.cli.main import main
from fer_ros.core.bags import BagWriter
from fer_ros.core.base.types import Roi
from fer_ros.core.datasets import importing


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


def test_a_project_goes_out_and_comes_back(tmp_path: Path, fer_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "project.zip"
    assert main(["export", "--file", str(file)]) == 2
    assert "there is no face to save" in capsys.readouterr().err and not file.exists()
    picture = bytes(cv2.imencode(".png", np.full((48, 48, 3), 90, np.uint8))[1].tobytes())
    with BagWriter(fer_home / "bags" / "mine", importing.facts(file, "")) as writer:
        writer.begin_take("joy", independent=True)
        writer.write(1_000_000, picture, Roi(0, 0, 48, 48))
    assert main(["export", "--file", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["pictures"], said["labels"], said["model"]) == (1, {"joy": 1}, None)
    assert main(["export", "--file", str(tmp_path / "model.zip"), "--model", "small"]) == 0
    assert "model small" in capsys.readouterr().out
    assert main(["import", str(file), "--bag", "back"]) == 0
    told = capsys.readouterr().out
    assert "1 pictures (happy 1)" in told and "renamed: joy" in told
    assert main(["import", str(tmp_path / "model.zip")]) == 0
    assert "fer models select model" in capsys.readouterr().out
    assert main(["import", str(file), "--split", "test"]) == 2
    assert "is a project" in capsys.readouterr().err
    assert main(["import", str(file), "--bag", "back"]) == 2
    assert "there is a bag 'back' already" in capsys.readouterr().err
