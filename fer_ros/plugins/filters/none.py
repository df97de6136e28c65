"""Nothing is smoothed."""

from __future__ import annotations

from fer_ros.core.contracts import Filter
from fer_ros.core.types import FloatArray


class NoFilter(Filter):
    """Gives each frame's own probabilities."""

    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        return probabilities
