"""A camera, read by OpenCV: Video4Linux devices, and network streams by their address.

One separate thread makes all calls of the driver, because any of them may hang when a camera is unplugged. It keeps
only the newest frame, so even a slow reader never gets an old one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Clock, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable, quoted
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame
from fer_ros.core.capture import video_devices
from fer_ros.core.capture.mailbox import Mailbox
from fer_ros.core.capture.opencv_video import DRIVER_TIMEOUT, open_video

log = logging.getLogger(__name__)

#: Seconds that opening may take, and that ``close`` waits for a driver that hangs.
OPEN_TIMEOUT, CLOSE_TIMEOUT = 8.0, 0.5
#: The same for streams, milliseconds.
LIMITS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 1000 * DRIVER_TIMEOUT)


@dataclass(frozen=True)
class CameraSettings:
    """Settings of a camera; the driver uses the nearest geometry that it supports."""

    device: str = setting("0", "number (0 is /dev/video0), device file, or address of a stream (rtsp://, http://)")
    width: int = setting(640, "width of the frames, pixels", low=16, high=7680)
    height: int = setting(480, "height of the frames, pixels", low=16, high=4320)
    fps: float = setting(30.0, "frames per second", low=1.0, high=1000.0)
    fourcc: str = setting("MJPG", "pixel format, four characters (MJPG, YUYV …); empty: the driver's choice")
    first_pause: float = setting(
        0.5, "seconds before a failed camera is opened again; doubled each time", low=0.05, high=3600.0
    )
    longest_pause: float = setting(10.0, "longest pause, seconds", low=0.05, high=3600.0)


class CameraSource(Source):
    """The newest frame of a camera, stamped when it was grabbed.

    :ivar skipped: frames that a newer one replaced before anybody read them.
    """

    Settings: ClassVar[type[Any]] = CameraSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        if len(self.settings.fourcc) not in (0, 4):
            raise ConfigError(f"fourcc must have four characters or none, got {quoted(self.settings.fourcc)}")
        self._target, self._api = _target(self.settings.device)
        self._grabber: _Grabber | None = None

    @property
    def pauses(self) -> tuple[float, float]:
        return self.settings.first_pause, max(self.settings.first_pause, self.settings.longest_pause)

    @property
    def skipped(self) -> int:
        return 0 if self._grabber is None else self._grabber.newest.dropped

    def open(self) -> None:
        if self._grabber is not None and self._grabber.is_alive():
            raise SourceUnavailable(f"the driver of {self._target} still hangs: unplug the camera and plug it in again")
        if self._api == cv2.CAP_V4L2:
            _check_device(Path(self._target))
        self._grabber = _Grabber(self._target, self._api, self.settings, self.clock)
        self._grabber.start()
        if not self._grabber.opened.wait(OPEN_TIMEOUT):
            self.close()
            raise SourceUnavailable(f"camera {self._target} does not answer within {OPEN_TIMEOUT:g} s")
        if self._grabber.geometry == "":
            self.close()
            raise SourceUnavailable(
                f"camera {self._target} cannot be opened: another program may hold it, or it gives no pictures "
                f"({video_devices.describe(video_devices.list_devices())})"
            )

    def read(self, timeout: float) -> Frame:
        grabber = self._grabber
        if grabber is None:
            raise SourceUnavailable(f"camera {self._target} is not open")
        frame = grabber.newest.get(timeout)
        if frame is not None:
            return frame
        if grabber.ended.is_set():
            raise SourceUnavailable(f"camera {self._target} stopped giving frames: check its plug and cable")
        raise SourceUnavailable(f"camera {self._target} gave no frame within {timeout:g} s: check its plug and cable")

    def close(self) -> None:
        if self._grabber is not None:
            self._grabber.stop.set()
            self._grabber.newest.close()
            self._grabber.join(CLOSE_TIMEOUT)
            if self._grabber.is_alive():
                log.warning("the driver of %s hangs: the camera is freed when it answers", self._target)

    @property
    def description(self) -> str:
        name = video_devices.device_name(Path(self._target)) if self._api == cv2.CAP_V4L2 else ""
        geometry = self._grabber.geometry if self._grabber else ""
        return " ".join(part for part in ("camera", self._target, name and f"({name})", geometry) if part)


class _Grabber(threading.Thread):
    """Opens, reads and releases one device."""

    def __init__(self, target: str, api: int, settings: CameraSettings, clock: Clock) -> None:
        super().__init__(name=f"camera {target}", daemon=True)
        self.newest: Mailbox[Frame] = Mailbox()
        self.opened, self.stop, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.geometry = ""
        self._target, self._api, self._settings, self._clock = target, api, settings, clock

    def run(self) -> None:
        try:
            camera = open_video(self._target, self._api, LIMITS if self._api == cv2.CAP_FFMPEG else ())
        except cv2.error as error:
            log.debug("%s: %s", self._target, error)
            self.opened.set()
            return
        try:
            if camera.isOpened():
                self._configure(camera)
                self.opened.set()
                self._grab_all(camera)
        finally:
            self.ended.set()
            self.opened.set()
            # What was seen before it ended is still worth reading.
            self.newest.close(keep=True)
            camera.release()

    def _configure(self, camera: cv2.VideoCapture) -> None:
        s = self._settings
        if self._api == cv2.CAP_V4L2:
            # The format first: it decides which sizes and rates there are.
            if s.fourcc:
                camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*s.fourcc))
            camera.set(cv2.CAP_PROP_FRAME_WIDTH, s.width)
            camera.set(cv2.CAP_PROP_FRAME_HEIGHT, s.height)
            camera.set(cv2.CAP_PROP_FPS, s.fps)
        width, height = (int(camera.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        code = int(camera.get(cv2.CAP_PROP_FOURCC))
        fourcc = "".join(chr(code >> shift & 0xFF) for shift in (0, 8, 16, 24))
        rate = camera.get(cv2.CAP_PROP_FPS)
        self.geometry = f"{width}x{height}, {rate:g} fps, {fourcc if fourcc.isprintable() else 'unknown format'}"

    def _grab_all(self, camera: cv2.VideoCapture) -> None:
        # After a failed grab a driver may go on giving its last picture (opencv/opencv issue 14044), so one is enough.
        while not self.stop.is_set() and camera.grab():
            stamp = self._clock()
            good, image = camera.retrieve()
            if good and image is not None and image.size:
                self.newest.put(Frame(np.asarray(image, dtype=np.uint8), stamp))


def _target(device: str) -> tuple[str, int]:
    """What to open, and with which of OpenCV's readers.

    :raises ConfigError: it cannot be a camera.
    """
    if device.isascii() and device.isdigit() and len(device) <= 4:
        return f"/dev/video{int(device)}", cv2.CAP_V4L2
    if device.startswith("/dev/"):
        return device, cv2.CAP_V4L2
    if "://" in device or Path(device).is_file():
        return device, cv2.CAP_FFMPEG
    raise ConfigError(
        f"camera device {quoted(device)} is unknown: give a number, a file such as /dev/video0, or an address such as "
        "rtsp://host/stream"
    )


def _check_device(path: Path) -> None:
    if not path.exists():
        there = video_devices.describe(video_devices.list_devices())
        raise SourceUnavailable(f"no camera at {path} ({there}): plug one in, or choose another device or source")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceUnavailable(
            f"no permission for {path}: add yourself to its group (sudo usermod -aG video $USER) and log in again"
        )
