"""Exponential smoothing in time: a mean in which answers older by the time constant count e times less."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fer_ros.core.base.contracts import Filter
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray


@dataclass(frozen=True)
class ExponentialSettings:
    """Settings of exponential smoothing."""

    time_constant: float = setting(
        0.2, "seconds in which 63 % of a change is followed; 0: at once", low=0.0, high=10.0, live=True
    )


class ExponentialFilter(Filter):
    """A first-order low-pass of the probabilities, the same at any frame rate."""

    Settings: ClassVar[type[Any]] = ExponentialSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._mean: FloatArray | None = None

    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        constant = self.settings.time_constant
        if self._mean is None or constant <= 0.0:
            self._mean = probabilities
        else:
            # The share that is exact where the input was constant since the last frame, however long ago that was.
            share = -math.expm1(-elapsed / constant)
            self._mean = np.asarray(self._mean + share * (probabilities - self._mean), np.float32)
        return self._mean
