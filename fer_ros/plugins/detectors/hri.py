"""Faces that another detector of ROS4HRI (REP-155) finds: their regions below ``/humans/faces``, on the same images."""

from __future__ import annotations

import itertools
import math
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, ImageArray, Roi

#: Ids become names of topics; the REP wants a letter first.
ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
#: Faces that are followed at once, regions kept of each, and ids remembered.
FACES, KEPT, IDS = 32, 64, 10_000


@dataclass(frozen=True)
class HriFaces:
    """Settings of ROS4HRI."""

    prefix: str = setting("/humans/faces", "where the topics are")
    wait: float = setting(
        0.1, "seconds to wait for the other detector's faces of a frame, at most", low=0.0, high=5.0, live=True
    )
    hold: float = setting(
        0.3, "seconds by which a region may be older or newer than the frame", low=0.0, high=5.0, live=True
    )
    scale: float = setting(1.05, "side of the crop over the side of the region", low=0.2, high=5.0)
    shift: float = setting(-0.02, "how much lower the crop's centre is, in sides of the region", low=-1.0, high=1.0)


class HriDetector(Detector):
    """Takes the regions whose stamp is that of the frame; each face keeps the other detector's id in ``Face.name``.

    The other detector must read the same images: regions are matched to frames by their stamps. Its framing cannot be
    known; the defaults of ``scale`` and ``shift`` are those of the detector ``yunet``.
    """

    Settings: ClassVar[type[Any]] = HriFaces
    needs_node = True
    framing: ClassVar[Framing] = Framing(1.05, 0.0, -0.02)

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self.framing = Framing(self.settings.scale, 0.0, self.settings.shift)  # type: ignore[misc]
        self._changed = threading.Condition()
        self._faces: dict[str, _Regions] = {}
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._count = itertools.count(1)
        self._list: Any = None

    @classmethod
    def lacks(cls) -> str:
        try:
            import hri_msgs  # noqa: F401
        except ImportError:
            return "the package hri_msgs is not installed"
        return ""

    def open(self) -> None:
        lack = self.lacks()
        if lack:
            raise ConfigError(f"the detector hri cannot work: {lack}")
        from hri_msgs import msg

        self._region = msg.NormalizedRegionOfInterest2D
        self._list = self.node.create_subscription(
            msg.IdsList, f"{self.settings.prefix}/tracked", lambda message: self._on_list(message.ids), 10
        )

    def close(self) -> None:
        with self._changed:
            ends = [self._list, *(face.subscription for face in self._faces.values())]
            self._faces, self._list = {}, None
            self._changed.notify_all()
        for end in ends:
            if end is not None:
                self.node.destroy_subscription(end)

    def detect(self, image: ImageArray) -> list[Face]:
        return self.follow(image, None)

    def follow(self, image: ImageArray, stamp: int | None) -> list[Face]:
        if self._list is None:
            raise ConfigError("the detector hri needs ROS: use it in the node inference, such as by `fer live`")
        settings, found = self.settings, []
        height, width = image.shape[:2]
        with self._changed:
            if stamp is not None:
                oldest = stamp - int(settings.hold * 1e9)  # faces that have sent nothing for longer are not waited for
                self._changed.wait_for(
                    lambda: not any(oldest <= face.newest < stamp for face in self._faces.values()), settings.wait
                )
            for name, regions in self._faces.items():
                region = regions.at(stamp, settings.hold)
                roi = region and region.within(width, height)
                if region and roi:
                    found.append(Face(roi, region.score, self._number(name), name=name))
        return sorted(found, key=lambda face: face.roi.area, reverse=True)

    def _number(self, name: str) -> int:
        number = self._numbers.pop(name, 0) or next(self._count)
        self._numbers[name] = number
        while len(self._numbers) > IDS:
            self._numbers.popitem(last=False)
        return number

    def _on_list(self, ids: list[str]) -> None:
        wanted = list(dict.fromkeys(name for name in ids if ID.fullmatch(name)))[:FACES]
        with self._changed:
            if self._list is None:
                return
            gone = [self._faces.pop(name) for name in list(self._faces) if name not in wanted]
            fresh = [name for name in wanted if name not in self._faces]
            for name in fresh:
                self._faces[name] = _Regions(self._subscribe(name))
            self._changed.notify_all()
        for regions in gone:
            self.node.destroy_subscription(regions.subscription)

    def _subscribe(self, name: str) -> Any:
        topic = f"{self.settings.prefix}/{name}/roi"
        return self.node.create_subscription(self._region, topic, lambda message: self._on_region(name, message), 10)

    def _on_region(self, name: str, message: Any) -> None:
        stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        region = _Region(*(float(getattr(message, field)) for field in ("xmin", "ymin", "xmax", "ymax", "c")))
        with self._changed:
            if name in self._faces and stamp > 0:
                self._faces[name].add(stamp, region)
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class _Region:
    """A region in shares of the image's width and height."""

    left: float
    top: float
    right: float
    bottom: float
    confidence: float

    @property
    def score(self) -> float:
        return min(max(self.confidence, 0.0), 1.0) if math.isfinite(self.confidence) else 0.0

    def within(self, width: int, height: int) -> Roi | None:
        """In pixels; None where nothing of it lies inside the image."""
        sides = (self.left, self.top, self.right, self.bottom)
        if not all(math.isfinite(side) for side in sides):
            return None
        x0, y0, x1, y1 = (min(max(side, 0.0), 1.0) for side in sides)
        left, top = round(x0 * width), round(y0 * height)
        roi = Roi(left, top, round(x1 * width) - left, round(y1 * height) - top)
        return roi if roi.width > 0 and roi.height > 0 else None


class _Regions:
    """The last regions of one face, by stamp."""

    def __init__(self, subscription: Any) -> None:
        self.subscription = subscription
        self.newest = 0
        self._by_stamp: OrderedDict[int, _Region] = OrderedDict()

    def add(self, stamp: int, region: _Region) -> None:
        self._by_stamp[stamp] = region
        self.newest = stamp
        while len(self._by_stamp) > KEPT:
            self._by_stamp.popitem(last=False)

    def at(self, stamp: int | None, hold: float) -> _Region | None:
        """The region of that time, else the nearest one that ``hold`` allows; the newest for None."""
        if not self._by_stamp:
            return None
        if stamp is None:
            return self._by_stamp[self.newest]
        nearest = min(self._by_stamp, key=lambda known: abs(known - stamp))
        return self._by_stamp[nearest] if abs(nearest - stamp) <= hold * 1e9 else None
