"""The contract of filters."""

from __future__ import annotations

from abc import abstractmethod

from fer_ros.core.base.contracts.plugin import Plugin
from fer_ros.core.base.types import FloatArray


class Filter(Plugin):
    """Smooths the probabilities of one face over time (group ``fer_ros.filters``).

    One object follows one face: it is made when the face is first seen and dropped with its track, so that a filter
    has nothing to forget by itself.
    """

    @abstractmethod
    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        """Take what the head says of a frame.

        :param probabilities: float32 (labels,), finite, non-negative, sum 1 within 0.001.
        :param elapsed: seconds from the last frame of this face to this one, above 0; for the first frame 0. It comes
            from the stamps of the frames, so a filter that goes by it does the same at any frame rate.
        :returns: float32 (labels,), the smoothed probabilities, under the same conditions.
        """
