"""The results of the last second: whoever corrects a reading needs the frames that it was read from."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from fer_ros.core.base.types import Result

#: Seconds that are kept, frames of them at most, and bytes of their pictures.
KEPT, FRAMES, BYTES = 1.0, 10, 64_000_000


class Recent:
    """Keeps the newest results. The frames are there anyway, so this costs memory alone. Any thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was read yet.

        :param clock: seconds.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._results: deque[tuple[float, Result]] = deque(maxlen=FRAMES)

    def add(self, result: Result) -> None:
        """Keep a result, unless it comes too soon after the last one: :data:`FRAMES` cover the whole time."""
        now = self._clock()
        with self._lock:
            # A little early rather than one frame late.
            if not self._results or now - self._results[-1][0] >= 0.9 * KEPT / FRAMES:
                self._results.append((now, result))
                self._tidy(now)

    def results(self) -> list[Result]:
        """Those of the last second, the oldest first."""
        with self._lock:
            self._tidy(self._clock())
            return [result for _, result in self._results]

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._results.clear()

    def _tidy(self, now: float) -> None:
        while self._results and now - self._results[0][0] > KEPT:
            self._results.popleft()
        while sum(result.frame.image.nbytes for _, result in self._results) > BYTES:
            self._results.popleft()
