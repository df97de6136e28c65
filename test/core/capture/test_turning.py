"""Turned pictures, and a geometry that fits them: a ray meets the pixel that the turned picture shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.capture.intrinsics import Intrinsics
from fer_ros.core.capture.turning import ANGLES, FLIPS, Turn

TURNS = [Turn(angle, flip) for angle in ANGLES for flip in FLIPS]
IDENTITY = tuple(float(v) for v in np.eye(3).ravel())
KNOWN = Intrinsics(
    width=64,
    height=48,
    name="eye",
    model="plumb_bob",
    d=(0.1, -0.05, 0.02, -0.03, 0.01),
    k=(60.0, 0.0, 30.0, 0.0, 62.0, 25.0, 0.0, 0.0, 1.0),
    r=IDENTITY,
    p=(58.0, 0.0, 31.0, 0.0, 0.0, 59.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0),
)


def pixel(of: Intrinsics, ray: np.ndarray) -> np.ndarray:
    """Where a camera sees something."""
    k, d = np.reshape(of.k, (3, 3)), np.array(of.d)
    return np.asarray(cv2.projectPoints(ray[None], np.zeros(3), np.zeros(3), k, d)[0]).ravel()


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_the_geometry_fits_the_turned_picture(turn: Turn) -> None:
    geometry = turn.geometry(KNOWN)
    ray = np.array((0.21, -0.14, 1.0))
    # The pixel that the camera lights up, found again in the turned picture.
    x, y = pixel(KNOWN, ray)
    corners = np.zeros((KNOWN.height, KNOWN.width), np.float32)
    left, top = int(x), int(y)
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corners[top + dy, left + dx] = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
    turned = turn.picture((corners * 255).astype(np.uint8)).astype(float)
    assert turned.shape == (geometry.height, geometry.width)
    rows, columns = np.indices(turned.shape)
    seen = ((columns * turned).sum() / turned.sum(), (rows * turned).sum() / turned.sum())
    # In the turned camera's own axes, the same thing lies in a turned direction.
    assert pixel(geometry, turn._axes() @ ray) == pytest.approx(seen, abs=0.03)
    rectified = np.reshape(geometry.p, (3, 4)) @ (*(turn._axes() @ ray), 1.0)
    assert geometry.p[0] > 0 and geometry.p[5] > 0 and rectified[2] == pytest.approx(1.0)


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_back_undoes_it(turn: Turn) -> None:
    image = np.random.default_rng(2).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    np.testing.assert_array_equal(turn.back.picture(turn.picture(image)), image)
    again = turn.back.geometry(turn.geometry(KNOWN))
    assert (again.width, again.height) == (KNOWN.width, KNOWN.height)
    for name in ("k", "d", "r", "p"):
        assert getattr(again, name) == pytest.approx(getattr(KNOWN, name))


def test_nothing_to_turn_costs_nothing() -> None:
    image = np.zeros((4, 5), np.uint8)
    assert Turn().picture(image) is image and Turn().geometry(KNOWN) is KNOWN


def test_the_corners_go_where_a_person_expects_them() -> None:
    image = np.array(((1, 2, 3), (4, 5, 6)), np.uint8)
    assert Turn(90).picture(image).tolist() == [[4, 1], [5, 2], [6, 3]]
    assert Turn(0, "horizontal").picture(image).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert Turn(0, "vertical").picture(image).tolist() == [[4, 5, 6], [1, 2, 3]]


@pytest.mark.parametrize("angle", [45, 360, -90])
def test_other_angles_are_refused(angle: int) -> None:
    with pytest.raises(ConfigError, match="give one of 0, 90, 180, 270"):
        Turn(angle)
