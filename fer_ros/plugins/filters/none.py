"""Nothing is smoothed."""

from __future__ import annotations

from fer_ros.core.base.contracts import Filter
from fer_ros.core.base.types import FloatArray


class NoFilter(Filter):
    """Gives each frame's own probabilities."""

    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        return probabilities
