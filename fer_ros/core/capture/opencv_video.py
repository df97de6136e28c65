"""Opening a camera, stream or video file with OpenCV, without the lines that it would write to the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

import cv2

from fer_ros.core.vision import opencv_log

#: Seconds that a driver may wait for a frame itself, so that its thread ends some time after a camera went silent.
DRIVER_TIMEOUT = 3
#: Read by OpenCV once, when it opens its first device. FFmpeg's -8 is its ``AV_LOG_QUIET``.
ENVIRONMENT = {"OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": str(DRIVER_TIMEOUT), "OPENCV_FFMPEG_LOGLEVEL": "-8"}


def open_video(target: str, api: int, parameters: Sequence[int] = ()) -> cv2.VideoCapture:
    """Open a reader; where that fails, ``isOpened`` is false and the caller says why.

    :param target: device file, address or path.
    :param api: which of OpenCV's readers, such as ``cv2.CAP_FFMPEG``.
    :param parameters: property, value, property, value …
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)  # a user's own value stays
    before = opencv_log.set_level(opencv_log.SILENT)
    try:
        return cv2.VideoCapture(target, api, list(parameters))
    finally:
        opencv_log.set_level(before)
