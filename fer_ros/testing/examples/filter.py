"""A mean of the probabilities in which older frames fade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fer_ros import Filter, setting


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the filter; each field becomes a ROS parameter."""

    half_life: float = setting(0.2, "seconds after which a frame counts half", low=0.01, high=10.0, live=True)


class ExampleFilter(Filter):
    """A mean of the probabilities in which a frame counts half after some time."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._mean: np.ndarray[Any, np.dtype[np.float32]] | None = None

    def update(
        self, probabilities: np.ndarray[Any, np.dtype[np.float32]], elapsed: float
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        if self._mean is None:
            self._mean = probabilities
        else:
            # By time, not by frames: the filter does the same at any frame rate.
            old = 0.5 ** (elapsed / self.settings.half_life)
            self._mean = (old * self._mean + (1.0 - old) * probabilities).astype(np.float32)
        return self._mean
