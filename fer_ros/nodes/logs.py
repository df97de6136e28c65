"""What core and plugins log with Python's own logging goes where the node's log goes: console, file and /rosout."""

from __future__ import annotations

import logging
from typing import Any


class _Forward(logging.Handler):
    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        # A line of its own for each: rclpy lets a line of code log with one severity only.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        elif record.levelno >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)


def forward(logger: Any) -> None:
    """Send the log of all of fer_ros to a node's logger, which decides what is shown.

    :param logger: of ``rclpy``.
    """
    ours = logging.getLogger("fer_ros")
    ours.handlers = [_Forward(logger)]
    ours.setLevel(logging.INFO)
    ours.propagate = False
