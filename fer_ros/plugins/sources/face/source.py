"""A drawn and lit face whose expression is a live setting: a subject that shows what it is told to, without a camera.

It moves, turns, comes closer, blinks and looks around, under a lamp that wanders and a lens that is not always sharp;
each frame is a function of the seed, its number, and the expressions that were set.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Clock, Source
from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.capture.pacing import Pacer
from fer_ros.plugins.sources.face.canvas import ORIGIN, SIZE, UNIT
from fer_ros.plugins.sources.face.drawn_face import DrawnFace, Lamp
from fer_ros.plugins.sources.face.pose import NEUTRAL, POSES, Pose

#: Slowest and fastest of each movement, Hz.
FREQUENCIES = (0.11, 0.43)
#: Half the height of the head, chin to crown, in units of the drawing.
HALF_HEAD = 1.15
#: Smallest and largest height of the head, in those of the frame.
SIZES = (0.44, 0.78)
#: Largest turn in degrees; least strength of an expression; seconds between two blinks and of one.
TURN, WEAKEST, BLINK_EVERY, BLINK = 6.0, 0.88, 4.3, 0.1
#: Strongest blur, pixels; standard deviation of the noise, grey levels.
BLUR, NOISE = 1.4, 2.5
#: Colours of the wall behind, BGR, from the upper left to the lower right.
WALL = ((176, 168, 150), (132, 140, 138))


@dataclass(frozen=True)
class FaceSettings:
    """What can be set for the drawn face."""

    expression: str = setting("neutral", "what the face shows", choices=DEFAULT_LABELS, live=True)
    width: int = setting(640, "width of the frames, pixels", low=64, high=7680)
    height: int = setting(480, "height of the frames, pixels", low=64, high=4320)
    fps: float = setting(30.0, "frames per second; 0: as fast as they are asked for", low=0.0, high=1000.0)
    transition: float = setting(0.15, "seconds from one expression to the next", low=0.0, high=5.0, live=True)
    seed: int = setting(0, "of person, movements and noise", low=0, high=2**31 - 1)


class FaceSource(Source):
    """A drawn face that shows the setting ``expression``; every frame's truth is that label."""

    Settings: ClassVar[type[Any]] = FaceSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        self._pacer = Pacer(self.settings.fps)
        self._face: DrawnFace | None = None
        self._changing = _Changing(POSES[self.settings.expression])

    def open(self) -> None:
        settings = self.settings
        rng = np.random.default_rng(settings.seed)
        self._face = DrawnFace(settings.seed)
        self._frequencies = rng.uniform(*FREQUENCIES, 10)
        self._phases = rng.uniform(0.0, math.tau, 10)
        self._wall = _wall(settings.width, settings.height)
        # More noise than the frame needs: each frame takes another part of it.
        noise = rng.normal(4.0 * NOISE, NOISE, (settings.height + 64, settings.width + 64, 3))
        self._noise = np.clip(noise, 0, 255).astype(np.uint8)
        self._changing = _Changing(POSES[settings.expression])
        self._pacer.restart()

    def read(self, timeout: float) -> Frame:
        if self._face is None:
            raise SourceUnavailable("the drawn face is not open")
        index = self._pacer.wait()
        # Taken once: another thread may change it.
        settings = self.settings
        stamp = self.clock()
        return Frame(self.picture(index, settings), stamp, truth=settings.expression)

    def close(self) -> None:
        self._face = None

    @property
    def description(self) -> str:
        s = self.settings
        rate = f"{s.fps:g} fps" if s.fps else "as fast as possible"
        return f"face: a drawn face that looks {s.expression}, {s.width}x{s.height}, {rate}"

    def picture(self, index: int, settings: FaceSettings) -> ImageArray:
        """The frame of a number, uint8 (height, width, 3) BGR; the source must be open."""
        assert self._face is not None, "open() comes first"
        width, height = settings.width, settings.height
        seconds = index / (settings.fps or 30.0)
        waves = np.sin(math.tau * self._frequencies * seconds + self._phases)
        grow, across, down, turn, lamp_x, lamp_y, level, strength, focus, look = (float(wave) for wave in waves)
        pose = self._changing.at(POSES[settings.expression], seconds, settings.transition)
        pose = _alive(pose, seconds, strength, look)
        lamp = Lamp(0.5 * lamp_x, -0.35 + 0.3 * lamp_y, 0.58 + 0.14 * level, 0.42)
        sprite, alpha = self._face.render(pose, lamp)
        zoom = height * (SIZES[0] + (SIZES[1] - SIZES[0]) * (grow + 1.0) / 2.0) / (2.0 * HALF_HEAD * UNIT)
        zoom = min(zoom, width / (1.9 * UNIT))
        # The head stays in the frame.
        x = width / 2.0 + across * max(0.0, width / 2.0 - 1.0 * UNIT * zoom) * 0.9
        y = height * 0.5 + down * max(0.0, height / 2.0 - HALF_HEAD * UNIT * zoom) * 0.8
        matrix = cv2.getRotationMatrix2D(ORIGIN, TURN * turn, zoom)
        matrix[:, 2] += (x - ORIGIN[0], y - ORIGIN[1])
        image = _placed(self._wall, sprite, alpha, matrix, 0.80 + 0.15 * level)
        if focus > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), 0.3 + BLUR * focus)
        top, left = (index * 29) % 64, (index * 17) % 64
        noise = self._noise[top : top + height, left : left + width]
        return np.asarray(cv2.addWeighted(image, 1.0, noise, 1.0, -4.0 * NOISE), dtype=np.uint8)


class _Changing:
    """The pose on its way from one expression to the next."""

    def __init__(self, pose: Pose) -> None:
        self._from = self._to = self._last = pose
        self._since = -math.inf

    def at(self, wanted: Pose, seconds: float, transition: float) -> Pose:
        """The pose at a time, when this one is wanted."""
        if wanted is not self._to:
            self._from, self._to, self._since = self._last, wanted, seconds
        share = 1.0 if transition <= 0.0 else min(1.0, max(0.0, (seconds - self._since) / transition))
        self._last = self._to if share == 1.0 else self._from.towards(self._to, share * share * (3.0 - 2.0 * share))
        return self._last


def _alive(pose: Pose, seconds: float, strength: float, look: float) -> Pose:
    """Nobody holds an expression like a statue: it grows and fades a little, eyes blink and wander."""
    pose = NEUTRAL.towards(pose, (1.0 + WEAKEST) / 2.0 + (1.0 - WEAKEST) / 2.0 * strength)
    since = seconds % BLINK_EVERY
    lids = 0.3 if since < BLINK else 1.0
    return Pose(**{**_values(pose), "eye_open": pose.eye_open * lids, "gaze_x": 0.7 * look})


def _values(pose: Pose) -> dict[str, float]:
    return {name: getattr(pose, name) for name in Pose.__slots__}


def _placed(wall: ImageArray, sprite: ImageArray, alpha: ImageArray, matrix: Any, light: float) -> ImageArray:
    """The sprite before the wall; only the rows and columns that it covers are blended."""
    height, width = wall.shape[:2]
    image = cv2.convertScaleAbs(wall, alpha=light)
    # Below the sprite the shirt goes on: its last row is repeated.
    corners = np.array([(0, 0), (SIZE[0], 0), (0, 9 * SIZE[1]), (SIZE[0], 9 * SIZE[1])], dtype=np.float64)
    reached = corners @ matrix[:, :2].T + matrix[:, 2]
    x0, y0 = (max(0, int(v)) for v in np.floor(reached.min(axis=0)))
    x1, y1 = (min(bound, int(v) + 1) for bound, v in zip((width, height), np.ceil(reached.max(axis=0)), strict=True))
    if x1 <= x0 or y1 <= y0:
        return np.asarray(image)
    moved = matrix.copy()
    moved[:, 2] -= (x0, y0)
    size = (x1 - x0, y1 - y0)
    flags = cv2.INTER_AREA if moved[0, 0] < 0.6 else cv2.INTER_LINEAR
    front = cv2.warpAffine(sprite, moved, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpAffine(alpha, moved, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.cvtColor(share, cv2.COLOR_GRAY2BGR)
    part = image[y0:y1, x0:x1]
    behind = cv2.multiply(part, cv2.bitwise_not(share), scale=1.0 / 255.0)
    image[y0:y1, x0:x1] = cv2.add(behind, cv2.multiply(front, share, scale=1.0 / 255.0))
    return np.asarray(image)


def _wall(width: int, height: int) -> ImageArray:
    """A wall with a window's light on it, out of focus."""
    x, y = np.meshgrid(np.linspace(0.0, 1.0, width), np.linspace(0.0, 1.0, height))
    slope = ((x + y) / 2.0)[..., np.newaxis]
    wall = np.array(WALL[0]) * (1.0 - slope) + np.array(WALL[1]) * slope
    wall += 34.0 * np.exp(-(((x - 0.16) / 0.10) ** 4) - (((y - 0.32) / 0.22) ** 4))[..., np.newaxis]
    wall -= 22.0 * np.exp(-(((x - 0.86) / 0.09) ** 4) - (((y - 0.7) / 0.45) ** 4))[..., np.newaxis]
    return np.clip(wall, 0, 255).astype(np.uint8)
