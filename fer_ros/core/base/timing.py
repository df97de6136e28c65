"""Rolling statistics of durations and rates, for status lines, diagnostics and benchmarks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np


class Stats:
    """Durations of the last ``window`` events. Safe to use from several threads."""

    def __init__(self, window: int = 300) -> None:
        # All of it at once, so that a process does not grow as it fills: 8 bytes a value, where a float takes 32.
        self._values = np.full(window, 0.0)
        self._count = 0
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Take one duration, seconds."""
        with self._lock:
            self._values[self._count % self._values.size] = seconds
            self._count += 1

    def summary(self) -> dict[str, float]:
        """``count``, and ``median``, ``p95``, ``p99``, ``mean``, ``max`` in seconds (left out while there is none)."""
        with self._lock:
            values = self._values[: self._count].copy()
        if not values.size:
            return {"count": 0}
        median, p95, p99 = (float(v) for v in np.percentile(values, (50, 95, 99)))
        return {
            "count": int(values.size),
            "median": median,
            "p95": p95,
            "p99": p99,
            "mean": float(values.mean()),
            "max": float(values.max()),
        }


class Rate:
    """Events per second over the last ``seconds``. Safe to use from several threads."""

    def __init__(self, seconds: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._ticks: deque[float] = deque(maxlen=10_000)
        self._before: float | None = None
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Count one event, now."""
        now = self._clock()
        with self._lock:
            self._ticks.append(now)
            self._forget(now)

    def hz(self) -> float:
        """Events per second; 0 after ``seconds`` of silence."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            if not self._ticks:
                return 0.0
            first, last = self._ticks[0], self._ticks[-1]
            if self._before is None:
                return (len(self._ticks) - 1) / max(1e-9, last - first)
            # The pause before them counts, so that two events that come at once after a stall are no thousand a second.
            return len(self._ticks) / max(1e-9, last - max(self._before, first - self._seconds))

    def _forget(self, now: float) -> None:
        while self._ticks and now - self._ticks[0] > self._seconds:
            self._before = self._ticks.popleft()


class Backoff:
    """Growing pauses between attempts: each is twice the last one, up to the longest."""

    def __init__(self, first: float, longest: float) -> None:
        """Take the first and the longest pause, in seconds."""
        self._first, self._longest = first, longest
        self._pause = first

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        pause = self._pause
        self._pause = min(2 * pause, self._longest)
        return pause

    def reset(self) -> None:
        """Begin with the first pause again, after a success."""
        self._pause = self._first
