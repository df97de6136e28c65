"""A video file, read by OpenCV at the speed at which it was taken."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Clock, EndOfSource, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable, quoted
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.opencv_video import open_video
from fer_ros.core.capture.pacing import MIN_RATE, Pacer

#: Used where a file states no rate or an absurd one; and what counts as absurd.
DEFAULT_RATE, MAX_RATE = 30.0, 1000.0


@dataclass(frozen=True)
class VideoSettings:
    """What can be set for a video."""

    path: str = setting("", "the video file")
    realtime: bool = setting(True, "play at the file's own rate and skip what is late; false: every frame, unpaced")
    loop: bool = setting(False, "begin again at the end")


class VideoSource(Source):
    """The frames of a file, stamped when they are due."""

    Settings: ClassVar[type[Any]] = VideoSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        self._path = Path(self.settings.path).expanduser()
        if not self.settings.path:
            raise ConfigError("no video given: set the source's path to a video file")
        self._video: cv2.VideoCapture | None = None
        self._pacer = Pacer(0.0)
        self._next = 0
        self._geometry = ""

    def open(self) -> None:
        if not self._path.is_file():
            raise ConfigError(f"no video at {quoted(str(self._path))}: give the path of a video file")
        self.close()
        video = open_video(str(self._path), cv2.CAP_FFMPEG)
        try:
            # Some damaged files open and only then show that there is nothing in them.
            if not video.isOpened() or not video.read()[0]:
                raise ConfigError(f"{quoted(str(self._path))} is damaged or no video that OpenCV can read")
            rate = video.get(cv2.CAP_PROP_FPS)
            width, height = (int(video.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        finally:
            video.release()
        if not (math.isfinite(rate) and MIN_RATE <= rate <= MAX_RATE):
            rate = DEFAULT_RATE
        self._pacer = Pacer(rate if self.settings.realtime else 0.0)
        self._geometry = f"{width}x{height}, {rate:g} fps{'' if self.settings.realtime else ', every frame'}"
        self._rewind()

    def read(self, timeout: float) -> Frame:
        if self._video is None:
            raise SourceUnavailable(f"{self._path} is not open")
        due = self._pacer.wait()
        stamp = self.clock()
        image = self._picture(due)
        if image is None and self.settings.loop:
            self._rewind()
            self._pacer.restart()
            image = self._picture(self._pacer.wait())
        if image is None:
            raise EndOfSource
        return Frame(np.asarray(image, dtype=np.uint8), stamp)

    def close(self) -> None:
        if self._video is not None:
            self._video.release()
            self._video = None

    @property
    def description(self) -> str:
        return " ".join(part for part in ("video", str(self._path), self._geometry) if part)

    def _rewind(self) -> None:
        # Opened anew, since many formats cannot be wound back reliably.
        self.close()
        self._video = open_video(str(self._path), cv2.CAP_FFMPEG)
        self._next = 0

    def _picture(self, number: int) -> np.ndarray[Any, Any] | None:
        """The frame of a number, reading past those before it; None at the end."""
        assert self._video is not None
        while self._next <= number:
            if not self._video.grab():
                return None
            self._next += 1
        good, image = self._video.retrieve()
        return image if good else None
