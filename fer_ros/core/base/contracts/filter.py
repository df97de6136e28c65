"""The contract of filters."""

from __future__ import annotations

from abc import abstractmethod

from fer_ros.core.base.contracts.plugin import Plugin
from fer_ros.core.base.types import FloatArray


class Filter(Plugin):
    """Smooths the probabilities of one face over time (group ``fer_ros.filters``).

    One object follows one face, from its first frame to the end of its track. So a filter has nothing to reset.
    """

    @abstractmethod
    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        """Take the head's answer for a frame.

        :param probabilities: float32 (labels,), finite, non-negative, sum 1 within 0.001.
        :param elapsed: seconds from the last frame of this face to this one, above 0; 0 for the first frame. It comes
            from the frames' stamps, so a filter that uses it works the same at any frame rate.
        :returns: float32 (labels,), the smoothed probabilities, under the same conditions.
        """
