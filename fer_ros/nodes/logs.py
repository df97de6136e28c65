"""Sends Python's log of core and plugins to the node's log: console, file and /rosout."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

#: Lines of one kind in so many seconds; further ones are counted, and told with the next that is shown.
LINES, SECONDS = 5, 10.0
#: Kinds that are remembered.
KINDS = 256


class Fold:
    """Folds repetitions, so that nobody can fill the disk by causing the same line again and again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing said.

        :param clock: seconds.
        """
        self._clock = clock
        self._said: dict[Hashable, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def line(self, kind: Hashable, text: str) -> str | None:
        """The part of a line to show; None for nothing. Any thread may ask."""
        with self._lock:
            now = self._clock()
            since, count = self._said.pop(kind, (now, 0))
            left_out = 0
            if now - since >= SECONDS:
                left_out, since, count = max(0, count - LINES), now, 0
            self._said[kind] = since, count + 1  # last, as the most recent
            while len(self._said) > KINDS:
                del self._said[next(iter(self._said))]
        if count >= LINES:
            return None
        return f"{text} (and {left_out} more of the kind)" if left_out else text


class _Forward(logging.Handler):
    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger, self._fold = logger, Fold()

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        # What is formatted from a template is of one kind; a template that is nothing else says nothing about it.
        template = str(record.msg)
        kind = record.name, record.levelno, text[:40] if template == "%s" else template
        shown = self._fold.line(kind, text)
        if shown is None:
            return
        # A line of its own for each: rclpy lets a line of code log with one severity only.
        if record.levelno >= logging.ERROR:
            self._logger.error(shown)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(shown)
        elif record.levelno >= logging.INFO:
            self._logger.info(shown)
        else:
            self._logger.debug(shown)


def forward(logger: Any) -> None:
    """Send the log of all of fer_ros to a node's logger, which decides what is shown.

    :param logger: of ``rclpy``.
    """
    ours = logging.getLogger("fer_ros")
    ours.handlers = [_Forward(logger)]
    ours.setLevel(logging.INFO)
    ours.propagate = False
