from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import SCALINGS, Framing, InputSpec
from fer_ros.core.base.types import Eyes, FloatArray, ImageArray, Roi
from fer_ros.core.vision.crop import MAX_REACH, TILT, cut, resize, scale, tilt_of


def picture(height: int, width: int, colour: bool, seed: int = 0) -> ImageArray:
    shape = (height, width, 3) if colour else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


SPECS = st.builds(InputSpec, st.integers(8, 70), st.integers(8, 70), st.sampled_from([1, 3]), st.sampled_from(SCALINGS))
SIDES = st.integers(1, 90)
FAR = st.integers(-(10**9), 10**9) | st.integers(-200, 200)
FRAMINGS = st.builds(Framing, st.floats(0.1, 4.0), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))


@given(
    height=SIDES,
    width=SIDES,
    colour=st.booleans(),
    roi=st.builds(Roi, FAR, FAR, st.integers(0, 2**32), st.integers(0, 2**32)),
    framing=FRAMINGS,
    spec=SPECS,
)
def test_any_box_gives_a_crop_of_the_right_shape(
    height: int, width: int, colour: bool, roi: Roi, framing: Framing, spec: InputSpec
) -> None:
    image = picture(height, width, colour)
    before = image.copy()
    crop = cut(image, roi, framing, spec)
    assert crop.shape == (spec.height, spec.width, spec.channels) and crop.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@given(data=st.data(), height=SIDES, width=SIDES, colour=st.booleans(), spec=SPECS)
def test_a_square_inside_is_cut_as_it_is(
    data: st.DataObject, height: int, width: int, colour: bool, spec: InputSpec
) -> None:
    image = picture(height, width, colour)
    side = data.draw(st.integers(1, min(height, width)))
    x, y = data.draw(st.integers(0, width - side)), data.draw(st.integers(0, height - side))
    expected = resize(image[y : y + side, x : x + side], spec)
    np.testing.assert_array_equal(cut(image, Roi(x, y, side, side), Framing(), spec), expected)


@given(
    roi=st.builds(Roi, st.integers(-60, 60), st.integers(-60, 60), st.integers(1, 50), st.integers(1, 50)),
    framing=FRAMINGS,
    colour=st.booleans(),
)
def test_what_lies_beyond_repeats_the_edge(roi: Roi, framing: Framing, colour: bool) -> None:
    """The same as cutting from a picture whose edges were repeated far enough on every side."""
    spec, far = InputSpec(16, 16, 3), 500
    image = picture(40, 30, colour)
    wide = cv2.copyMakeBorder(image, far, far, far, far, cv2.BORDER_REPLICATE)
    if framing.square(roi)[2] > MAX_REACH * 40:
        return
    moved = Roi(roi.x + far, roi.y + far, roi.width, roi.height)
    # Half a pixel is rounded to an even number, so that moving by an even number changes nothing.
    np.testing.assert_array_equal(cut(image, roi, framing, spec), cut(wide, moved, framing, spec))


def test_framing_moves_and_grows_the_square() -> None:
    assert Framing().square(Roi(10, 20, 30, 40)) == (25.0, 40.0, 40.0)
    assert Framing(1.5, 0.1, -0.25).square(Roi(10, 20, 30, 40)) == (29.0, 30.0, 60.0)
    image = np.zeros((100, 100), np.uint8)
    image[:, 50:] = 200
    crop = cut(image, Roi(30, 30, 20, 20), Framing(2.0), InputSpec(40, 40))
    np.testing.assert_array_equal(crop[..., 0], image[20:60, 20:60])


def test_colours_become_rgb_and_grey() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    image[...] = (10, 20, 200)  # blue, green, red
    assert resize(image, InputSpec(8, 8, 3))[0, 0].tolist() == [200, 20, 10]
    assert resize(image, InputSpec(8, 8, 1))[0, 0].tolist() == [round(0.299 * 200 + 0.587 * 20 + 0.114 * 10)]
    assert resize(image[..., 0], InputSpec(8, 8, 3))[0, 0].tolist() == [10, 10, 10]


CROPS = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(40, 160, (2, 9, 8, 1)).astype(np.float32)
)


@given(CROPS, st.floats(0.6, 1.5), st.floats(-20, 20))
def test_standardising_takes_out_light_and_contrast(crops: FloatArray, contrast: float, light: float) -> None:
    spec = InputSpec(8, 9)
    plain = scale(crops, spec)
    changed = crops * np.float32(contrast) + np.float32(light)
    np.testing.assert_allclose(scale(changed, spec), plain, atol=1e-4)
    np.testing.assert_allclose(plain.mean(axis=(1, 2, 3)), 0.0, atol=1e-4)
    np.testing.assert_allclose(plain.std(axis=(1, 2, 3)), 1.0, atol=1e-4)
    # Each crop by itself: its neighbour in the batch changes nothing.
    np.testing.assert_allclose(scale(crops[1:], spec), plain[1:], atol=1e-6)


def test_the_noise_of_a_dark_picture_is_not_blown_up() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (1, 48, 48, 1))
    assert np.abs(scale(noise.astype(np.uint8), InputSpec())).max() < 0.3
    assert not scale(np.full((1, 48, 48, 1), 255, np.uint8), InputSpec()).any()


def test_the_other_scalings() -> None:
    levels = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(scale(levels, InputSpec(scaling="zero_to_one")).ravel(), [0.0, 0.2, 1.0], atol=1e-6)
    np.testing.assert_allclose(scale(levels, InputSpec(scaling="minus_one_to_one")).ravel(), [-1, -0.6, 1], atol=1e-6)
    for name in SCALINGS:
        assert scale(levels, InputSpec(scaling=name)).dtype == np.float32


@pytest.mark.parametrize(
    "given_values", [{"width": 7}, {"height": 1025}, {"width": "48"}, {"width": 48.0}, {"channels": 2}]
)
def test_an_input_that_no_network_has_is_refused(given_values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"input {next(iter(given_values))} must be"):
        InputSpec(**given_values)


def tilted(degrees: float) -> tuple[ImageArray, Eyes]:
    """Smooth spots and two eyes in them, turned clockwise about the middle of a box at (160, 120)."""
    spots = cv2.resize(picture(12, 16, True), (320, 240), interpolation=cv2.INTER_CUBIC)
    turn = cv2.getRotationMatrix2D((160.0, 120.0), -degrees, 1.0)
    image = np.asarray(cv2.warpAffine(spots, turn, (320, 240), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    (ax, ay), (bx, by) = (turn @ (140.0, 110.0, 1.0)).tolist(), (turn @ (180.0, 110.0, 1.0)).tolist()
    return image, ((ax, ay), (bx, by))


@pytest.mark.parametrize("degrees", [-80.0, -30.0, -20.0, 20.0, 45.0])
def test_a_tilted_face_is_turned_to_where_it_needs_no_turning(degrees: float) -> None:
    roi, spec, framing = Roi(110, 70, 100, 100), InputSpec(), Framing(1.1, 0.02, -0.09)
    least = np.copysign(TILT, degrees)
    image, eyes = tilted(degrees)
    wanted, its_eyes = tilted(least)
    assert tilt_of(eyes) == pytest.approx(degrees) and tilt_of(its_eyes) == pytest.approx(least)
    upright = cut(image, roi, framing, spec, eyes).astype(float)
    same = cut(wanted, roi, framing, spec, its_eyes).astype(float)
    assert np.abs(upright - same).mean() < 6.0 < np.abs(cut(image, roi, framing, spec) - same).mean()


def test_a_face_that_is_hardly_tilted_is_cut_as_it_is() -> None:
    image, eyes = tilted(TILT - 0.5)
    roi = Roi(110, 70, 100, 100)
    assert (cut(image, roi, Framing(), InputSpec(), eyes) == cut(image, roi, Framing(), InputSpec())).all()
    nowhere = float("nan"), float("nan")
    assert (
        cut(image, roi, Framing(), InputSpec(), (nowhere, nowhere)) == cut(image, roi, Framing(), InputSpec())
    ).all()
