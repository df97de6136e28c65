"""A real face without a camera and without a download.

The photograph of the astronaut Eileen Collins (NASA, in the public domain) that scikit-image ships is moved, scaled,
turned, lit and made noisy frame by frame, as if its subject stood before a webcam.
"""

from __future__ import annotations

import importlib.util
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Clock, Source
from fer_ros.core.base.errors import BadImage, ConfigError, SourceUnavailable
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.capture.pacing import Pacer
from fer_ros.core.vision.pictures import read_file

#: In the photograph, pixels: the middle of the face, how far the face reaches from there, the photograph's side.
FACE, HEAD, SIDE = (224.0, 107.0), 75.0, 512.0
#: What the photograph shows, as one of the default labels.
TRUTH = "happy"
#: Slowest and fastest of each movement, Hz.
FREQUENCIES = (0.05, 0.2)
#: Size of the photograph, in those that just fill the frame.
SIZES = (1.08, 1.55)
#: Largest turn in degrees, strongest change of the light overall, from side to side and of its colour.
TURN, LIGHT, SIDE_LIGHT, COLOUR = 7.0, 0.25, 0.25, 0.05
#: Standard deviation of the noise, grey levels.
NOISE = 3.0


@dataclass(frozen=True)
class SampleSettings:
    """What can be set for the sample."""

    width: int = setting(640, "width of the frames, pixels", low=64, high=7680)
    height: int = setting(480, "height of the frames, pixels", low=64, high=4320)
    fps: float = setting(30.0, "frames per second; 0: as fast as they are asked for", low=0.0, high=1000.0)
    seed: int = setting(0, "of the movements and the noise", low=0, high=2**31 - 1)


class SampleSource(Source):
    """A photographed face that moves. Every frame shows it and follows from the seed and the frame's number alone."""

    Settings: ClassVar[type[Any]] = SampleSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        self._pacer = Pacer(self.settings.fps)
        self._photograph: ImageArray | None = None

    def open(self) -> None:
        self._photograph = _photograph()
        rng = np.random.default_rng(self.settings.seed)
        self._frequencies = rng.uniform(*FREQUENCIES, 7)
        self._phases = rng.uniform(0.0, math.tau, 7)
        height, width = self.settings.height, self.settings.width
        # More noise than the frame needs: each frame takes another part of it.
        noise = rng.normal(4.0 * NOISE, NOISE, (height + 64, width + 64, 3))
        self._noise = np.clip(noise, 0, 255).astype(np.uint8)
        self._pacer.restart()

    def read(self, timeout: float) -> Frame:
        if self._photograph is None:
            raise SourceUnavailable("the sample is not open")
        index = self._pacer.wait()
        stamp = self.clock()
        return Frame(self.picture(index), stamp, truth=TRUTH)

    def close(self) -> None:
        self._photograph = None

    @property
    def description(self) -> str:
        s = self.settings
        rate = f"{s.fps:g} fps" if s.fps else "as fast as possible"
        return f"sample: a photographed face, {s.width}x{s.height}, {rate}"

    def picture(self, index: int) -> ImageArray:
        """The frame of a number, uint8 (height, width, 3) BGR; the source must be open."""
        assert self._photograph is not None, "open() comes first"
        height, width = self.settings.height, self.settings.width
        seconds = index / (self.settings.fps or 30.0)
        grow, across, down, turn, light, side, colour = np.sin(math.tau * self._frequencies * seconds + self._phases)
        zoom = max(width, height) / SIDE * (SIZES[0] + (SIZES[1] - SIZES[0]) * (grow + 1.0) / 2.0)
        # Neither edge of the photograph comes into the frame, its plain upper one aside; the face never leaves it.
        x = _between(width - (SIDE - FACE[0]) * zoom, FACE[0] * zoom, across)
        y = _between(max(0.25 * height, height - (SIDE - FACE[1]) * zoom), max(0.5 * height, FACE[1] * zoom), down)
        room = HEAD * zoom
        x, y = min(max(x, room), max(room, width - room)), min(max(y, room), max(room, height - room))
        matrix = cv2.getRotationMatrix2D(FACE, TURN * turn, zoom)
        matrix[:, 2] += (x - FACE[0], y - FACE[1])
        image = cv2.warpAffine(self._photograph, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        image = cv2.multiply(image, _light(width, height, light, side, colour), scale=1.0 / 128.0)
        top, left = (index * 29) % 64, (index * 17) % 64
        noise = self._noise[top : top + height, left : left + width]
        return np.asarray(cv2.addWeighted(image, 1.0, noise, 1.0, -4.0 * NOISE), dtype=np.uint8)


def _between(low: float, high: float, where: float) -> float:
    """A value of -1 to 1 on the scale from ``low`` to ``high``, keeping off the ends by a tenth."""
    return (low + high) / 2.0 + 0.4 * abs(high - low) * where


def _light(width: int, height: int, light: float, side: float, colour: float) -> ImageArray:
    """Brightness by place and colour, 128 is unchanged; uint8 (height, width, 3)."""
    ends = np.empty((1, 2, 3))
    for column, sign in enumerate((-1.0, 1.0)):
        level = 128.0 * (1.0 + LIGHT * light + SIDE_LIGHT * side * sign)
        ends[0, column] = (level * (1.0 - COLOUR * colour), level, level * (1.0 + COLOUR * colour))
    row = cv2.resize(np.clip(ends, 0, 255).astype(np.uint8), (width, 1), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.repeat(row, height, 1), dtype=np.uint8)


def _photograph() -> ImageArray:
    """The photograph, BGR; read as a file, since importing scikit-image takes long and is not needed."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("the sample needs the photograph that scikit-image ships: pip install scikit-image")
    file = Path(spec.submodule_search_locations[0], "data", "astronaut.png")
    try:
        return read_file(file)
    except BadImage as error:
        raise ConfigError(f"the sample needs {file}: pip install --force-reinstall scikit-image") from error
