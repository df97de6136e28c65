from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.cli import detectors
from fer_ros.cli.main import main
from fer_ros.core.base.errors import ConfigError


def test_settings_are_taken_with_and_without_the_prefix() -> None:
    made = detectors.make("haar", {"detector.min_face": "0.25", "search_every": "3"})
    assert (made.settings.min_face, made.settings.search_every) == (0.25, 3)


def test_as_many_faces_as_needed_are_allowed_unless_said_otherwise() -> None:
    assert detectors.make("haar", {}, faces=40).settings.max_faces == 40
    assert detectors.make("haar", {"max_faces": "2"}, faces=40).settings.max_faces == 2
    assert detectors.make("whole_frame", {}, faces=40)


@pytest.mark.parametrize("given", [{"nonesuch": "1"}, {"min_face": "9"}, {"min_face": "wide"}])
def test_a_wrong_setting_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        detectors.make("haar", given)


@pytest.mark.parametrize("command", ["eval DATA", "import DATA"])
def test_commands_name_the_setting_that_is_wrong(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("happy", "sad"):
        (tmp_path / label).mkdir()
        cv2.imwrite(str(tmp_path / label / "face.png"), np.zeros((48, 48), np.uint8))
    words = command.replace("DATA", str(tmp_path)).split()
    assert main([*words, "--detector", "yunet", "--set", "detector.sdie=64"]) == 2
    assert "sdie" in capsys.readouterr().err
    assert main([*words, "--detector", "yunet", "--set", "side"]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err
