"""A video file, frame by frame, each with its own time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.types import ImageArray
from fer_ros.core.capture.opencv_video import open_video

#: Frames per second where a file states none or an absurd rate; and what counts as absurd.
DEFAULT_RATE, MAX_RATE = 30.0, 1000.0
#: Pixels of a frame at most: 8192 x 4320, the largest that cameras film.
MAX_PIXELS = 8192 * 4320
#: Seconds from one frame to the next at most: a damaged file may state days.
MAX_GAP = 60.0


class Film:
    """An open file. Times are those that the file states (FFmpeg's, which OpenCV passes on), from 0 at its first frame.

    :ivar time: of the current frame, seconds.
    :ivar step: from the frame before to the current one, seconds; before the second one by the rate.
    """

    def __init__(self, path: Path) -> None:
        """Open it, at its first frame.

        :raises ConfigError: it is damaged, no video, or its frames are too large.
        """
        self._video = open_video(str(path), cv2.CAP_FFMPEG)
        width, height = (int(self._video.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > MAX_PIXELS:
            self.close()
            raise ConfigError(
                f"{quoted(str(path))} has frames of {width}x{height}: scale it down to {MAX_PIXELS} pixels"
            )
        rate = self._video.get(cv2.CAP_PROP_FPS)
        self.rate = rate if math.isfinite(rate) and 0.0 < rate <= MAX_RATE else DEFAULT_RATE
        self.time, self.step = 0.0, min(1.0 / self.rate, MAX_GAP)
        self._stated = 0.0
        # Some damaged files open and only then show that there is nothing in them.
        if not self._video.isOpened() or not self._video.grab() or self.picture() is None:
            self.close()
            raise ConfigError(f"{quoted(str(path))} is damaged or no video that OpenCV can read")
        self._stated = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        self.geometry = f"{width}x{height}, {self.rate:g} fps"

    def advance(self) -> bool:
        """Decode the next frame, which becomes the current one; False at the end."""
        if not self._video.grab():
            return False
        stated = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        step = stated - self._stated
        if math.isfinite(step) and step > 0.0:
            self.step = min(step, MAX_GAP)
        else:  # no time is stated, or an older one
            self.step = min(1.0 / self.rate, MAX_GAP)
        self._stated = stated if math.isfinite(stated) else self._stated
        self.time += self.step
        return True

    def picture(self) -> ImageArray | None:
        """The current frame, uint8 (height, width, 3) BGR, upright; None where it is damaged."""
        good, image = self._video.retrieve()
        return _bgr(image) if good and image is not None else None

    def close(self) -> None:
        """Free everything."""
        self._video.release()


def _bgr(image: np.ndarray[Any, Any]) -> ImageArray:
    return np.asarray(image, dtype=np.uint8)
