"""The default: a camera that works, else the sample; a browser's camera while one is lent."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Clock, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame
from fer_ros.core.capture import video_devices
from fer_ros.plugins.sources.browser import BrowserSource
from fer_ros.plugins.sources.camera import CameraSettings, CameraSource
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

log = logging.getLogger(__name__)

#: Seconds that a camera may take for its first frame.
FIRST_FRAME = 3.0


@dataclass(frozen=True)
class AutoSettings:
    """Settings that camera and sample share."""

    width: int = setting(640, "width of the frames, pixels", low=64, high=7680)
    height: int = setting(480, "height of the frames, pixels", low=64, high=4320)
    fps: float = setting(30.0, "frames per second", low=1.0, high=1000.0)


class AutoSource(Source):
    """Chooses at opening, and says what it chose.

    A chosen camera stays chosen. If it vanishes, the source is unavailable until it is back, rather than show somebody
    else's face. A browser's camera takes precedence while it is lent.
    """

    Settings: ClassVar[type[Any]] = AutoSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        self._chosen: Source | None = None
        self._kept: CameraSource | None = None
        self._first: Frame | None = None
        self._browser: BrowserSource | None = None

    def open(self) -> None:
        self._listen()
        if self._kept is not None:
            self._chosen = self._kept
            self._chosen.open()
            return
        self._kept = self._camera()
        self._chosen = self._kept or self._sample()
        log.info("source auto: %s", self._chosen.description)

    def read(self, timeout: float) -> Frame:
        if self._chosen is None:
            raise SourceUnavailable("the source is not open")
        if self._browser is not None and self._chosen is not self._browser and self._browser.poll():
            log.info("source auto: a browser lends its camera")
            self._chosen.close()
            self._chosen, self._first = self._browser, None
        first, self._first = self._first, None
        return first or self._chosen.read(timeout)

    def close(self) -> None:
        self._first = None
        for source in (self._chosen, self._browser):
            if source is not None:
                source.close()

    @property
    def description(self) -> str:
        return f"auto: {self._chosen.description}" if self._chosen else "auto: not chosen yet"

    def _listen(self) -> None:
        """Let browsers lend their camera, unless another source of this user already does."""
        self._browser = BrowserSource(clock=self.clock)
        try:
            self._browser.open()
        except (SourceUnavailable, ConfigError) as error:
            log.info("source auto goes without browsers: %s", error)
            self._browser = None

    def _camera(self) -> CameraSource | None:
        """The first camera that gives a frame."""
        s = self.settings
        for device in video_devices.list_devices():
            if device.captures is False:
                continue
            camera = CameraSource(CameraSettings(str(device.path), s.width, s.height, s.fps), self.clock)
            try:
                camera.open()
                self._first = camera.read(FIRST_FRAME)
                return camera
            except SourceUnavailable as error:
                log.warning("%s", error)
                camera.close()
        return None

    def _sample(self) -> Source:
        s = self.settings
        there = video_devices.describe(video_devices.list_devices())
        log.warning("no camera that works (%s): showing the sample, a photographed face", there)
        sample = SampleSource(SampleSettings(s.width, s.height, s.fps), self.clock)
        sample.open()
        return sample
