"""A recorded bag, played as if it were the camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core import bags
from fer_ros.core.base.contracts import Clock, EndOfSource, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, Sample


@dataclass(frozen=True)
class BagSettings:
    """Settings of a played bag."""

    path: str = setting("", "the bag: its name in $FER_HOME/bags, or a path")
    realtime: bool = setting(True, "play at the speed of recording and skip late frames; false: every frame, unpaced")
    speed: float = setting(1.0, "factor of the speed of recording", low=0.1, high=100.0)
    max_gap: float = setting(
        1.0, "longest pause between frames, seconds; longer ones are shortened", low=0.01, high=1.5
    )
    loop: bool = setting(False, "begin again at the end")
    keep_stamps: bool = setting(False, "keep the recorded stamps; false: stamp each frame when it is played")


class BagSource(Source):
    """The labelled frames of a bag in recorded order; a frame's truth is its label."""

    Settings: ClassVar[type[Any]] = BagSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        if not self.settings.path:
            raise ConfigError("no bag given: set the source's path to the name or the folder of a bag")
        self._frames: Iterator[Sample] | None = None
        self._next: Sample | None = None
        self._shown = self._due = 0.0
        self._about = ""

    def open(self) -> None:
        path = bags.locate(self.settings.path)
        found = bags.info(path)
        if not found.samples:
            raise ConfigError(f"{path} holds no labelled frame: record some with `fer record`")
        self._about = f"{path} ({found.samples} frames)"
        self._rewind()

    def read(self, timeout: float) -> Frame:
        if self._frames is None:
            raise SourceUnavailable("the bag is not open")
        sample = self._advance()
        if self.settings.realtime:
            now = time.monotonic()
            while self._next is not None and self._due <= now:
                sample = self._advance()  # this one is over already
            time.sleep(max(0.0, self._shown - now))
        stamp = sample.stamp if self.settings.keep_stamps else self.clock()
        return Frame(sample.image, stamp, truth=sample.label, keep=not self.settings.realtime)

    def close(self) -> None:
        self._frames = self._next = None

    @property
    def description(self) -> str:
        return f"bag {self._about or self.settings.path}"

    def _rewind(self) -> None:
        self._frames = bags.read(bags.locate(self.settings.path), threads=1)
        self._next = next(self._frames, None)
        if self._next is None:
            raise ConfigError(f"none of the pictures in {self.settings.path} can be decoded")
        self._due = self._shown = time.monotonic()

    def _advance(self) -> Sample:
        """The next frame; it is due at ``_shown``, and the one after it at ``_due``."""
        assert self._frames is not None
        if self._next is None:
            if not self.settings.loop:
                raise EndOfSource
            self._rewind()
        sample, self._next = self._next, next(self._frames, None)
        assert sample is not None
        self._shown = self._due
        if self._next is not None:
            gap = (self._next.stamp - sample.stamp) / 1e9
            self._due += min(max(gap, 0.0), self.settings.max_gap) / self.settings.speed
        return sample
