from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.types import FloatArray
from fer_ros.core.vision.degrade import WAYS, Degradation, degrade

ALWAYS = Degradation(share=1.0)
shapes = st.one_of(
    st.tuples(st.integers(8, 64), st.integers(8, 64)),
    st.tuples(st.integers(8, 64), st.integers(8, 64), st.sampled_from([1, 3])),
)


def face(shape: tuple[int, ...], seed: int) -> FloatArray:
    """Coarse structure with fine noise: all ways of making a picture worse change it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    smooth = 128 + 80 * np.sin(rows / 5.0) * np.cos(columns / 7.0)
    return (smooth.reshape(*shape[:2], *[1] * (len(shape) - 2)) + rng.normal(0, 10, shape)).clip(0, 255).astype("f")


@given(shapes, st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_shape_type_and_range_stay(shape: tuple[int, ...], seed: int, share: float) -> None:
    image = face(shape, seed)
    before = image.copy()
    out = degrade(image, np.random.default_rng(seed), Degradation(share=share))
    assert out.shape == shape and out.dtype == np.float32
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 255
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(out, degrade(image, np.random.default_rng(seed), Degradation(share=share)))


def test_none_are_degraded_at_share_zero_and_about_the_share_otherwise() -> None:
    image, rng = face((48, 48), 0), np.random.default_rng(0)
    assert all(degrade(image, rng, Degradation(share=0.0)) is image for _ in range(100))
    kept = sum(degrade(image, rng, Degradation(share=0.3)) is image for _ in range(1000))
    assert 640 < kept < 760


class Chosen:
    """A generator whose way and amount are given, and whose noise is drawn."""

    def __init__(self, way: str, amount: float) -> None:
        self.way, self.draws = way, [0.0, amount]
        self.standard_normal = np.random.default_rng(0).standard_normal

    def random(self) -> float:
        return self.draws.pop(0)

    def integers(self, _: int) -> int:
        return WAYS.index(self.way)


def worse(image: FloatArray, way: str, amount: float, strength: Degradation = ALWAYS) -> FloatArray:
    return degrade(image, cast(np.random.Generator, Chosen(way, amount)), strength)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "gamma"])
def test_more_is_worse(way: str) -> None:
    image = face((48, 48, 1), 3)
    errors = [np.abs(worse(image, way, amount) - image).mean() for amount in (0.05, 0.5, 1.0)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_gamma_goes_both_ways_and_keeps_black_and_white() -> None:
    image = np.array([[0.0, 64.0, 128.0, 255.0]] * 8, dtype=np.float32)
    dark, light = (worse(image, "gamma", amount) for amount in (1.0, 0.0))
    assert (dark[:, 1:3] < image[:, 1:3]).all() and (light[:, 1:3] > image[:, 1:3]).all()
    for out in (dark, light):
        np.testing.assert_allclose(out[:, [0, 3]], image[:, [0, 3]], atol=0.01)


def test_no_strength_leaves_shrunken_faces_as_they_are() -> None:
    image = face((48, 48), 1)
    out = worse(image, "shrink", 1.0, replace(ALWAYS, shrink=1.0))
    np.testing.assert_allclose(out, image, atol=1e-3)
