"""A bright, striped square that wanders over a dark picture."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fer_ros import Frame, Source, SourceUnavailable, setting


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the source; each field becomes a ROS parameter."""

    width: int = setting(320, "width of the frames, pixels", low=64, high=4096)
    height: int = setting(240, "height of the frames, pixels", low=64, high=4096)
    fps: float = setting(30.0, "frames per second", low=0.1, high=1000.0)
    stripes: int = setting(2, "dark stripes across the square", low=0, high=9, live=True)


class ExampleSource(Source):
    """A bright, striped square that wanders over a dark picture."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings

    _number: int | None = None

    def open(self) -> None:
        # Acquire the camera or the file here. Raise SourceUnavailable where it may come later.
        self._number, self._due = 0, time.monotonic()

    def read(self, timeout: float) -> Frame:
        if self._number is None:
            raise SourceUnavailable("the source is not open")
        # A real source waits for its device, at most `timeout` seconds.
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due + 1.0 / self.settings.fps, time.monotonic())
        self._number += 1
        return Frame(self._picture(self._number / self.settings.fps), self.clock())

    def close(self) -> None:
        self._number = None

    @property
    def description(self) -> str:
        s = self.settings
        return f"a striped square, {s.width}x{s.height}, {s.fps:g} fps"

    def _picture(self, seconds: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
        s = self.settings
        image = np.full((s.height, s.width, 3), 30, np.uint8)
        side = s.height // 2
        x = round((s.width - side) * (0.5 + 0.4 * math.sin(seconds)))
        y = round((s.height - side) * (0.5 + 0.4 * math.cos(1.3 * seconds)))
        image[y : y + side, x : x + side] = 200
        for number in range(s.stripes):
            top = y + side * (2 * number + 1) // (2 * s.stripes + 1)
            image[top : top + side // (2 * s.stripes + 1), x : x + side] = 60
        return image
