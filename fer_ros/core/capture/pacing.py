"""Frames at a steady rate, for sources that have no clock of their own."""

from __future__ import annotations

import time

from fer_ros.core.base.errors import ConfigError

#: The slowest rate: a reader that is to end soon must not wait longer than a second for a frame.
MIN_RATE = 1.0


class Pacer:
    """Says when the next frame is due. It counts slots from the first call, so that the rate does not drift."""

    def __init__(self, rate: float, skip: bool = True) -> None:
        """Set the rate.

        :param rate: frames per second; 0: as fast as asked for.
        :param skip: whether a reader that is late misses frames, as with a camera, or gets each one.
        :raises ConfigError: the rate lies between 0 and :data:`MIN_RATE`.
        """
        if 0.0 < rate < MIN_RATE or rate < 0.0:
            raise ConfigError(f"fps = {rate:g} is too slow: choose at least {MIN_RATE:g}, or 0 for as fast as possible")
        self._period = 1.0 / rate if rate else 0.0
        self._skip = skip
        self._start = 0.0
        self._slot = -1

    def wait(self) -> int:
        """Wait for the next slot that is not over yet.

        :returns: its number, from 0 up; larger by more than one than the last where slots were missed.
        """
        now = time.monotonic()
        self._slot += 1
        if self._period == 0.0:
            return self._slot
        if self._slot == 0:
            self._start = now
            return 0
        late = int((now - self._start) / self._period) - self._slot
        if late > 0:
            if self._skip:
                self._slot += late
            else:
                self._start += late * self._period
        due = self._start + self._slot * self._period
        time.sleep(max(0.0, due - now))
        return self._slot

    def restart(self) -> None:
        """Count from 0 again, from the next call on."""
        self._slot = -1


class Playhead:
    """Where a film that is shown in real time should be."""

    def __init__(self) -> None:
        self._start: float | None = None

    def restart(self) -> None:
        """Begin anew: the next time that is asked for is due at once."""
        self._start = None

    def shift(self, at: float) -> None:
        """Show the moment ``at`` of the film, seconds, now."""
        self._start = time.monotonic() - at

    def late(self, at: float) -> float:
        """Seconds since the moment ``at`` was due; negative where it is to come."""
        if self._start is None:
            self.shift(at)
        assert self._start is not None
        return time.monotonic() - self._start - at

    def wait(self, at: float, most: float) -> bool:
        """Wait until the moment is due.

        :param most: seconds to wait at most.
        :returns: whether it is.
        """
        left = -self.late(at)
        time.sleep(max(0.0, min(left, most)))
        return left <= most


def now() -> float:
    """Seconds of a monotonic clock."""
    return time.monotonic()
