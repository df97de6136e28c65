from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets.near_duplicates import pairs, thumbnails


def photographs(count: int, seed: int) -> ImageArray:
    """Smooth random pictures, as unlike each other as different faces or more."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 200, (count, 8, 8)).astype(np.float32)
    return (
        np.stack([cv2.resize(c, (48, 48), interpolation=cv2.INTER_CUBIC) for c in coarse]).clip(0, 255).astype(np.uint8)
    )


FIRST = photographs(40, 1)


def _jpeg(image: ImageArray) -> ImageArray:
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 60))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


TWINS = {
    "the same": lambda image: image,
    "brighter": lambda image: (image.astype(int) + 40).clip(0, 255).astype(np.uint8),
    "less contrast": lambda image: (image * 0.6 + 30).astype(np.uint8),
    "noisy": lambda image: (image + np.random.default_rng(0).normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8),
    "compressed": _jpeg,
    "another size": lambda image: cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA),
}


@pytest.mark.parametrize("how", TWINS)
def test_a_changed_copy_is_found_and_nothing_else(how: str) -> None:
    second = photographs(30, 2)
    second[7] = TWINS[how](FIRST[33])
    second[11] = TWINS[how](FIRST[4])
    for block in (1, 7, 2048):
        rows, columns, correlation = pairs(FIRST, second, block=block)
        assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(4, 11), (33, 7)]
        assert ((correlation > 0.98) & (correlation <= 1.0001)).all()


def test_a_mirrored_or_negative_picture_is_another() -> None:
    second = np.concatenate([FIRST[:, :, ::-1], 255 - FIRST])
    assert not len(pairs(FIRST, second)[0])


def test_flat_pictures_and_empty_sets_have_no_pairs() -> None:
    flat = np.full((3, 48, 48), 128, np.uint8)
    assert not len(pairs(flat, flat)[0])
    assert not thumbnails(flat).any()
    for first, second in ((FIRST[:0], FIRST), (FIRST, FIRST[:0])):
        found = pairs(first, second)
        assert [len(part) for part in found] == [0, 0, 0] and found[0].dtype == np.intp


def test_thumbnails_are_unit_vectors_whose_product_is_the_correlation() -> None:
    a, b = thumbnails(FIRST[:2])
    assert a.dtype == np.float32
    small = [cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA).ravel() for image in FIRST[:2]]
    np.testing.assert_allclose(a @ b, np.corrcoef(*small)[0, 1], atol=1e-5)
    np.testing.assert_allclose([a @ a, b @ b], 1.0, atol=1e-5)
