"""The contract of sources."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from fer_ros.core.base.contracts.plugin import EdgePlugin
from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.base.types import Frame

Clock = Callable[[], int]


class EndOfSource(Exception):
    """A source, such as a video file, has reached its end."""


class NotYet(SourceUnavailable):
    """No frame is due yet, and nothing is wrong: the caller asks again."""


class Source(EdgePlugin):
    """Where frames come from (group ``fer_ros.sources``).

    A source is constructed with its settings. Then follow ``open``, many calls of ``read``, and ``close``; ``open``
    may follow again. One thread calls all methods.
    """

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        """Keep the settings; acquire nothing yet. ``clock`` gives the stamps, in nanoseconds."""
        super().__init__(settings)
        self.clock = clock

    @abstractmethod
    def open(self) -> None:
        """Acquire the device or file.

        :raises SourceUnavailable: it is absent or busy now; the caller tries again later.
        :raises ConfigError: it can never work, such as a path that does not exist.
        """

    @abstractmethod
    def read(self, timeout: float) -> Frame:
        """Wait for the next frame and return it, stamped when it was taken. Old frames are skipped, never queued.

        :param timeout: longest wait, seconds.
        :raises NotYet: no frame is due in this time; the caller asks again.
        :raises SourceUnavailable: no frame came in time, or the device is gone; the caller closes and opens again.
        :raises EndOfSource: there will be no further frame.
        """

    @abstractmethod
    def close(self) -> None:
        """Free everything; harmless when not open."""

    @property
    def has_pauses(self) -> bool:
        """Whether its frames may lie seconds apart, and it raises :class:`NotYet` in between."""
        return False

    @property
    def pauses(self) -> tuple[float, float]:
        """Pauses before it is opened again, seconds: the first and the longest. They double in between."""
        return 0.5, 10.0

    @property
    def description(self) -> str:
        """What the source reads, for logs and status, such as ``camera /dev/video0 640x480``."""
        return type(self).__name__
