"""Keeping OpenCV from writing lines of its own to the terminal, in every release that distributions have."""

from __future__ import annotations

from typing import Any

import cv2

#: OpenCV's ``LOG_LEVEL_SILENT``.
SILENT = 0
# OpenCV 4.6, which Ubuntu 24.04 and Debian 12 have, keeps these functions in another place.
_logging: Any = getattr(cv2.utils, "logging", cv2)


def set_level(level: int) -> int:
    """Set how much OpenCV says.

    :param level: one of OpenCV's log levels, 0 to 6.
    :returns: the level before.
    """
    before = int(_logging.getLogLevel())
    _logging.setLogLevel(level)
    return before
