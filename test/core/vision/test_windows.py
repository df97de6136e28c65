"""What a detector looks at: parts of an image at another size, and the way back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.types import Roi
from fer_ros.core.vision.windows import Patch, Window, reduced

places = st.floats(-500, 1500)


@given(places, places, st.floats(1, 900), st.integers(1, 1000), st.integers(1, 1000))
def test_a_square_around_a_place_lies_inside_or_is_empty(
    cx: float, cy: float, reach: float, height: int, width: int
) -> None:
    window = Window.around(cx, cy, reach, 96 / (reach + 2), (height, width))
    assert max(window.size) <= 96
    if min(window.size) > 0:
        assert 0 <= window.x0 < window.x1 <= width and 0 <= window.y0 < window.y1 <= height
        assert window.view(np.zeros((height, width, 3), np.uint8)).shape == (*window.size[::-1], 3)
    if 0 <= cx < width and 0 <= cy < height:
        assert window.x0 <= cx < window.x1 and window.y0 <= cy < window.y1


def test_a_box_in_the_window_is_one_of_the_image() -> None:
    window = Window(100, 40, 200, 140, 0.5)
    assert window.size == (50, 50)
    assert window.roi(5.0, 10.0, 20.0, 30.0) == Roi(110, 60, 40, 60)
    assert window.roi(-60.0, 0.0, 10.0, 10.0) == Roi(-20, 40, 20, 20)


@pytest.mark.parametrize("size", [(1, 1), (30, 20), (640, 480), (900, 900)])
def test_brightness_is_kept_at_any_size(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    before = image.copy()
    for grey in (False, True):
        small = reduced(image, size, grey)
        assert small.shape == (size[1], size[0]) + (() if grey else (3,))
        if size != (1, 1):
            assert small.mean() == pytest.approx(127.5, abs=4)
    assert reduced(image[..., 0], size, grey=True).ndim == 2 and (image == before).all()


def spots(seed: int = 0) -> np.ndarray:
    """Smooth spots, as a face has them; uint8 (480, 640, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)


def shifted(image: np.ndarray, right: float, down: float) -> np.ndarray:
    return cv2.warpAffine(image, np.array([[1, 0, right], [0, 1, down]]), (640, 480), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("side", [24.0, 100.0, 300.0])
@pytest.mark.parametrize("grey", [False, True])
def test_a_patch_is_found_where_it_went_in_another_light(side: float, grey: bool) -> None:
    image = spots()[..., 0] if grey else spots()
    patch = Patch(image, 300.0, 220.0, side)
    right, down = 0.1 * side, -0.16 * side
    moved = shifted(image, right, down)
    found = patch.find(cv2.convertScaleAbs(moved, alpha=0.6, beta=20), 300.0, 220.0)
    assert found is not None and np.hypot(found[0] - 300.0 - right, found[1] - 220.0 - down) < 0.03 * side
    assert patch.find(spots(1)[..., 0] if grey else spots(1), 300.0, 220.0) is None, "something else is there now"
    found = patch.find(shifted(image, 150.0, 0.0), 450.0, 220.0)
    assert found is not None and found[0] == pytest.approx(450.0, abs=0.03 * side), "where it was expected"


def test_what_cannot_be_told_apart_is_not_found() -> None:
    plain = np.full((480, 640, 3), 90, np.uint8)
    assert Patch(plain, 300.0, 220.0, 100.0).find(plain, 300.0, 220.0) is None
    assert Patch(spots(), 300.0, 220.0, 100.0).find(plain, 300.0, 220.0) is None


@given(places, places, st.floats(0.5, 900), places, places, st.integers(1, 200), st.integers(1, 200))
def test_a_patch_may_lie_anywhere(
    cx: float, cy: float, side: float, x: float, y: float, height: int, width: int
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    found = Patch(image, cx, cy, side).find(image, x, y)
    assert found is None or np.isfinite(found).all()
