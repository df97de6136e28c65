"""Calibration files: those that `camera_calibration` writes are read, all else is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.capture.intrinsics import Intrinsics

FILE = """image_width: 640
image_height: 480
camera_name: narrow
camera_matrix:
  rows: 3
  cols: 3
  data: [500.5, 0, 320, 0, 501, 240.0, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, -0.2, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [500, 0, 320, 0, 0, 500, 240, 0, 0, 0, 1, 0]}
"""


def test_a_file_is_read_and_written_without_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(FILE)
    known = Intrinsics.read(path)
    assert (known.width, known.height, known.name, known.k[0], known.d[1]) == (640, 480, "narrow", 500.5, -0.2)
    known.write(tmp_path / "new" / "b.yaml")
    assert Intrinsics.read(tmp_path / "new" / "b.yaml") == known


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image_width": 0}, "image_width must be an integer"),
        ({"image_width": "wide"}, "image_width must be an integer"),
        ({"distortion_model": "magic"}, "distortion_model 'magic' is not known"),
        ({"camera_matrix": None}, "camera_matrix must have rows, cols and data"),
        ({"camera_matrix": {"data": [1] * 8}}, "camera_matrix must hold 9 finite numbers"),
        ({"camera_matrix": {"data": [float("nan")] * 9}}, "camera_matrix must have rows, cols and data"),
        ({"camera_matrix": {"data": [0.0] * 9}}, "not calibrated"),
        ({"projection_matrix": {"data": [10**400] * 12}}, "a.yaml"),
        ({"distortion_coefficients": {"data": [0.0] * 6}}, "at most 5 coefficients"),
        ({"distortion_coefficients": {"data": [0.0] * 60}}, "too many"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(FILE), **change}))
    with pytest.raises(ConfigError) as caught:
        Intrinsics.read(path)
    assert said in str(caught.value) and "a.yaml" in str(caught.value) and "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_content_gets_through_as_another_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        Intrinsics.read(path)
