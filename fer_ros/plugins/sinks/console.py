"""A status line for people, once a second."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.settings import setting
from fer_ros.core.base.timing import Rate, Stats
from fer_ros.core.base.types import Result
from fer_ros.core.recognition.stages import durations


@dataclass(frozen=True)
class ConsoleSettings:
    """Settings of the status line."""

    interval: float = setting(1.0, "seconds from one status to the next", low=0.05, high=3600.0, live=True)


class ConsoleSink(Sink):
    """Shows frame rate, latency, faces, the emotion of the largest and what hinders it.

    In place on a terminal, else line by line.
    """

    Settings: ClassVar[type[Any]] = ConsoleSettings

    _in_place = False

    def open(self) -> None:
        self._in_place = sys.stdout.isatty()
        self._rate, self._latency = Rate(), Stats(30)
        self._next = time.monotonic() + self.settings.interval

    def write(self, result: Result) -> None:
        self._rate.tick()
        self._latency.add(durations(result)["total"])
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self.settings.interval
        line = self._line(result)
        sys.stdout.write(f"\r\x1b[K{line}" if self._in_place else f"{line}\n")
        sys.stdout.flush()

    def close(self) -> None:
        if self._in_place:
            sys.stdout.write("\n")
        sys.stdout.flush()

    def _line(self, result: Result) -> str:
        count = len(result.emotions)
        parts = [
            f"{self._rate.hz():5.1f} fps",
            f"latency {1e3 * self._latency.summary()['median']:6.1f} ms",
            f"{count} face{'' if count == 1 else 's'}",
        ]
        if result.primary is not None:
            emotion = result.primary
            hindrance = f", {emotion.hindrance}" if emotion.hindrance else ""
            name = f"{emotion.subject}: " if emotion.subject else ""
            parts.append(f"{name}{emotion.emoticon} {emotion.label} {emotion.confidence:.0%}{hindrance}".strip())
        # Labels and emoticons come from files: nothing in them may steer the terminal.
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in "   ".join(parts))
