"""Limits on what a client may send."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]


class Bucket:
    """A token bucket: ``rate`` a second in the long run, ``burst`` at once."""

    def __init__(self, rate: float, burst: float, clock: Clock = time.monotonic) -> None:
        """Begin full.

        :param clock: seconds.
        """
        self._rate, self._burst, self._clock = rate, burst, clock
        self._level, self._at = burst, clock()

    def take(self, count: float = 1.0) -> bool:
        """Whether one more, or so many, is allowed now."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level < count:
            return False
        self._level -= count
        return True


class Flood(Exception):
    """A client sends so much that it must be disconnected."""


class Limit:
    """Drops what exceeds a rate; what exceeds three times that rate is a flood."""

    def __init__(self, rate: float, burst: float, clock: Clock = time.monotonic) -> None:
        """See :class:`Bucket`."""
        self._allowed = Bucket(rate, burst, clock)
        self._tolerated = Bucket(3 * rate, 3 * burst, clock)

    def take(self, count: float = 1.0) -> bool:
        """Whether one more, or so many, is allowed now.

        :raises Flood: it is by far too much.
        """
        if not self._tolerated.take(count):
            raise Flood
        return self._allowed.take(count)
