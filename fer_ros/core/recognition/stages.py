"""The time that each stage of a frame takes, from the stamps of its result."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fer_ros.core.base.timing import Stats
from fer_ros.core.base.types import Result

#: Stage → what it covers. ``total`` is from acquisition to the hand-over to the middleware.
STAGES = ("receive", "detect", "classify", "publish", "total")


def durations(result: Result) -> dict[str, float]:
    """Seconds of each of :data:`STAGES`; ``receive`` and ``total`` are negative if the camera's clock is ahead."""
    times = result.times
    return spans((result.frame.stamp, times.received, times.detected, times.classified, times.published))


def spans(stamps: Sequence[int]) -> dict[str, float]:
    """Seconds of each of :data:`STAGES`.

    :param stamps: acquired, received, detected, classified, published; nanoseconds.
    """
    steps = [(after - before) / 1e9 for before, after in pairwise(stamps)]
    return dict(zip(STAGES, (*steps, (stamps[-1] - stamps[0]) / 1e9), strict=True))


class StageStats:
    """Rolling statistics of the stages. Safe to use from several threads."""

    def __init__(self, window: int = 300) -> None:
        self._stats = {stage: Stats(window) for stage in STAGES}

    def add(self, result: Result) -> None:
        """Take the stamps of one result."""
        for stage, seconds in durations(result).items():
            self._stats[stage].add(seconds)

    def summary(self) -> dict[str, dict[str, float]]:
        """Stage → what :meth:`fer_ros.core.base.timing.Stats.summary` gives, seconds."""
        return {stage: stats.summary() for stage, stats in self._stats.items()}
