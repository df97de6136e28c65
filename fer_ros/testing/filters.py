"""The check of filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Filter
from fer_ros.core.base.types import FloatArray
from fer_ros.testing.common import check_class, check_configure, ensure

FRAMES, PERIOD = 60, 1.0 / 30.0


def check_filter(cls: type[Filter], settings: Any = None) -> None:
    """Check a filter with probabilities that jump, stand still, and come at odd times.

    :param settings: an instance of its ``Settings``; None takes the defaults.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Filter)
    name, rng = cls.__name__, np.random.default_rng(0)
    for labels in (2, 7):
        one, other = cls(settings), cls(settings)
        for number in range(FRAMES):
            row = rng.dirichlet(np.full(labels, 0.3)).astype(np.float32)
            elapsed = 0.0 if number == 0 else float(rng.choice([1e-6, PERIOD, 0.9]))
            _update(one, row, elapsed)
        sure = np.zeros(labels, np.float32)
        sure[1] = 1.0
        last = sure
        for _ in range(FRAMES * 10):
            last = _update(one, sure, PERIOD)
        ensure(int(last.argmax()) == 1, f"{name}: after 20 s of one label it still prefers another")
        # The other object has seen nothing of this.
        first = np.full(labels, (1.0 - 0.6) / (labels - 1), np.float32)
        first[0] = 0.6
        ensure(int(_update(other, first, 0.0).argmax()) == 0, f"{name}: two faces must not share their memory")
        check_configure(one)
        _update(one, sure, PERIOD)


def _update(smoother: Filter, row: FloatArray, elapsed: float) -> FloatArray:
    name, before = type(smoother).__name__, row.copy()
    out = smoother.update(row, elapsed)
    ensure(np.array_equal(row, before), f"{name}.update changes the probabilities it was given")
    good = isinstance(out, np.ndarray) and out.dtype == np.float32 and out.shape == row.shape
    ensure(good, f"{name}.update must give float32 of shape {row.shape}")
    ensure(np.isfinite(out).all() and out.min() >= 0.0, f"{name}.update gives a value that is negative or not a number")
    ensure(abs(float(out.sum()) - 1.0) <= 1e-3, f"{name}.update: the probabilities must have the sum 1")
    return out
