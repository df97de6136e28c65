from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.training.augment import Augmentation, augment

STILL = Augmentation(shift=0.0, scale=0.0, rotation=0.0, contrast=0.0, brightness=0.0, erase=0.0, flip=False)


@given(
    rows=st.integers(1, 60),
    columns=st.integers(1, 60),
    channels=st.sampled_from([None, 1, 3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_shape_range_and_seed(rows: int, columns: int, channels: int | None, seed: int) -> None:
    shape = (rows, columns) if channels is None else (rows, columns, channels)
    image = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    before = image.copy()
    out = augment(image, np.random.default_rng(seed), Augmentation(erase=1.0))
    assert out.shape == image.shape and out.dtype == np.float32
    assert out.min() >= 0.0 and out.max() <= 255.0
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(out, augment(image, np.random.default_rng(seed), Augmentation(erase=1.0)))


def test_no_strength_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(augment(image, np.random.default_rng(1), STILL), image)


def test_half_of_the_faces_are_mirrored_exactly() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    strength = Augmentation(**{**{f: getattr(STILL, f) for f in STILL.__slots__}, "flip": True})
    rng = np.random.default_rng(1)
    outs = [augment(image, rng, strength) for _ in range(200)]
    mirrored = sum(np.array_equal(out, image[:, ::-1]) for out in outs)
    assert mirrored + sum(np.array_equal(out, image) for out in outs) == 200
    assert 60 < mirrored < 140


@pytest.mark.parametrize("name", ["shift", "scale", "rotation", "contrast", "brightness", "erase"])
def test_each_change_changes_by_its_strength(name: str) -> None:
    values = {**{f: getattr(STILL, f) for f in STILL.__slots__}, name: getattr(Augmentation(), name)}
    if name == "erase":
        values["erase"] = 1.0
    image = np.tile(np.linspace(60, 180, 48).astype(np.uint8), (48, 1))
    outs = [augment(image, np.random.default_rng(seed), Augmentation(**values)) for seed in range(20)]
    assert sum(not np.array_equal(out, image) for out in outs) >= 15
    # A face stays a face: most of it is still where it was.
    assert all(np.corrcoef(out.ravel(), image.ravel())[0, 1] > 0.5 for out in outs)


def test_turning_and_mirroring_keep_the_shape() -> None:
    """Three dots keep their distances: nothing is sheared or stretched."""
    strength = Augmentation(**{**{f: getattr(STILL, f) for f in STILL.__slots__}, "rotation": 30.0, "flip": True})
    rng, turned = np.random.default_rng(0), set()
    for _ in range(20):
        state = rng.bit_generator.state
        places = []
        for y, x in ((15, 15), (15, 35), (38, 24)):
            image = np.zeros((50, 50), np.uint8)
            image[y - 1 : y + 2, x - 1 : x + 2] = 255
            rng.bit_generator.state = state
            out = augment(image, rng, strength)
            places.append([(out * axis).sum() / out.sum() for axis in np.indices(out.shape)])
        a, b, c = np.array(places)
        distances = [np.linalg.norm(a - b), np.linalg.norm(b - c), np.linalg.norm(c - a)]
        np.testing.assert_allclose(distances, [20.0, np.hypot(23, 11), np.hypot(23, 9)], atol=0.2)
        turned.add((round(float((b - a)[0])), bool((b - a)[1] > 0)))
    assert len(turned) > 10 and len({mirrored for _, mirrored in turned}) == 2


def test_the_shift_stays_within_its_share() -> None:
    image = np.zeros((50, 50), np.uint8)
    image[25, 25] = 255
    strength = Augmentation(**{**{f: getattr(STILL, f) for f in STILL.__slots__}, "shift": 0.1})
    for seed in range(30):
        y, x = np.unravel_index(augment(image, np.random.default_rng(seed), strength).argmax(), image.shape)
        assert abs(int(y) - 25) <= 5 and abs(int(x) - 25) <= 5
