"""The heads that ship, against the formulas written out for one face at a time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.vision.softmax import softmax
from fer_ros.plugins.heads.dense import DenseHead
from fer_ros.plugins.heads.linear import LinearHead

LABELS = ("a", "b", "c")
RNG = np.random.default_rng(0)
MAPS = RNG.normal(size=(4, 2, 2, 5)).astype(np.float32)


def by_hand(logits: list[float]) -> list[float]:
    powers = [math.exp(x) for x in logits]
    return [p / sum(powers) for p in powers]


def put(folder: Path, **arrays: np.ndarray) -> Path:
    file = folder / "head.npz"
    file.write_bytes(pack(**arrays))
    return file


def test_linear_is_pooling_and_one_layer(tmp_path: Path) -> None:
    kernel, bias = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    found = LinearHead(put(tmp_path, kernel=kernel, bias=bias), LABELS, (2, 2, 5)).predict(MAPS)
    for row, one in zip(found, MAPS, strict=True):
        pooled = [sum(one[y][x][c] for y in range(2) for x in range(2)) / 4 for c in range(5)]
        logits = [sum(pooled[c] * kernel[c][k] for c in range(5)) + bias[k] for k in range(3)]
        np.testing.assert_allclose(row, by_hand(logits), atol=1e-6)
    assert found.dtype == np.float32


def test_dense_is_flatten_relu_and_two_layers(tmp_path: Path) -> None:
    arrays = {
        "kernel1": RNG.normal(size=(20, 6)),
        "bias1": RNG.normal(size=6),
        "kernel2": RNG.normal(size=(6, 3)),
        "bias2": RNG.normal(size=3),
    }
    found = DenseHead(put(tmp_path, **arrays), LABELS, (2, 2, 5)).predict(MAPS)
    for row, one in zip(found, MAPS, strict=True):
        flat = [float(one[y][x][c]) for y in range(2) for x in range(2) for c in range(5)]
        hidden = [
            max(0.0, sum(flat[i] * arrays["kernel1"][i][j] for i in range(20)) + arrays["bias1"][j]) for j in range(6)
        ]
        logits = [sum(hidden[j] * arrays["kernel2"][j][k] for j in range(6)) + arrays["bias2"][k] for k in range(3)]
        np.testing.assert_allclose(row, by_hand(logits), atol=1e-5)
    assert found.dtype == np.float32


@given(st.lists(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_softmax_gives_probabilities_for_any_logits(rows: list[list[float]]) -> None:
    logits = np.array(rows, np.float32)
    found = softmax(logits)
    assert found.dtype == np.float32 and (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    assert (np.take_along_axis(found, logits.argmax(axis=1)[:, np.newaxis], 1)[:, 0] == found.max(axis=1)).all()


@pytest.mark.parametrize(
    ("head", "arrays", "message"),
    [
        (LinearHead, {"kernel": (4, 3), "bias": (3,)}, "array 'kernel' is 4x3, expected 5x3"),
        (LinearHead, {"kernel": (5, 3), "bias": (1,)}, "array 'bias' is 1, expected 3"),
        (LinearHead, {"kernel": (5, 3)}, "bias"),
        (DenseHead, {"kernel1": (5, 6), "bias1": (6,), "kernel2": (6, 3), "bias2": (3,)}, "expected 20xany"),
        (DenseHead, {"kernel1": (20, 6), "bias1": (7,), "kernel2": (6, 3), "bias2": (3,)}, "kernel1"),
        (DenseHead, {"kernel1": (20, 6), "bias1": (6,), "kernel2": (7, 3), "bias2": (3,)}, "kernel2"),
        (DenseHead, {"kernel1": (20, 6), "bias1": (6,), "kernel2": (6, 2), "bias2": (3,)}, "expected anyx3"),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    tmp_path: Path, head: type, arrays: dict[str, tuple[int, ...]], message: str
) -> None:
    file = put(tmp_path, **{name: np.zeros(shape) for name, shape in arrays.items()})
    with pytest.raises(ConfigError) as error:
        head(file, LABELS, (2, 2, 5))
    assert str(file) in str(error.value) and message in str(error.value)


def test_linear_needs_a_map(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pools a map"):
        LinearHead(put(tmp_path, kernel=np.zeros((5, 3)), bias=np.zeros(3)), LABELS, (5,))
