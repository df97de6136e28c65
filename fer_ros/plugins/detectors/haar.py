"""Frontal faces by OpenCV's Haar cascade, made cheap by knowing where to look.

A cascade's cost is the number of windows that it tries, so both searches first shrink what they look at:

- the *near* search looks around each known face only, at about its last size, and once more in a larger place where
  that shows nothing;
- the *wide* search looks at the whole picture, reduced until the smallest wanted face is as large as the cascade's own
  window. It runs on the first frame and where a face was lost; while all known faces are in sight it looks for small,
  middle and large faces in turn, each every ``search_every`` seconds, which shortens the longest delay. What it finds
  is looked at again by the near search, which places the box better and throws out most false alarms.

While no face is known, the wide search runs on every second frame as long as something moves, at once where the
picture is another one, and else at growing intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.vision.tracking import TICK, Clock, Detection, Track, Tracker, suppress
from fer_ros.core.vision.windows import Window, reduced

CASCADE = "haarcascade_frontalface_alt2.xml"
#: Debian and Ubuntu ship OpenCV without ``cv2.data``; the package opencv-data puts the cascades here.
DEBIAN_CASCADES = Path("/usr/share/opencv4/haarcascades")
#: Where the parts of the wide search begin and end, in sizes of the smallest face: each costs about the same, the first
#: because small faces fit in many places, the last because OpenCV looks twice as closely from a size of two on.
PARTS = ((1.0, 1.3), (1.3, 2.0), (2.0, math.inf))
#: Windows that must agree in the wide search; it may be generous, since its finds are confirmed.
WIDE_NEIGHBORS = 1
#: Seconds for which a face must be seen that appears beside known ones, or beside a surer one that appears with it;
#: any other is believed at once.
PROOF = 0.06
#: Score of a sure one: twelve windows agree. Most false alarms have fewer.
SURE = 0.75
#: With this many agreeing windows the score is 0.5.
HALF_SCORE = 4.0
#: Mean change of a thumbnail, in grey levels, from which something has moved, or the picture is another one.
MOVED, CUT = 4.0, 25.0


@dataclass(frozen=True, slots=True)
class Near:
    """How to look around a known place.

    :ivar span: side of the part that is looked at, in sides of the face.
    :ivar work: side that the face is brought to, pixels; more is slower and finds more.
    :ivar sizes: smallest and largest face, in sides of the known one.
    :ivar factor: step between sizes.
    """

    span: float
    work: int
    sizes: tuple[float, float]
    factor: float


#: A face hardly moves and grows between two frames. Tight takes half the time of loose, which takes what tight missed.
TIGHT = Near(1.5, 32, (0.82, 1.25), 1.1)
LOOSE = Near(1.9, 32, (0.75, 1.35), 1.1)
CONFIRM = Near(1.7, 40, (0.75, 1.35), 1.05)
#: Windows that must agree on a face that is followed.
NEAR_NEIGHBORS = 2


@dataclass(frozen=True)
class HaarSettings:
    """What can be set for the detector."""

    min_face: float = setting(
        0.13, "smallest face that is searched for, as a share of the image's shorter side", low=0.02, high=1.0
    )
    scale_factor: float = setting(1.2, "step between the sizes of the wide search", low=1.01, high=2.0)
    min_neighbors: int = setting(6, "windows that must agree before something new counts as a face", low=1, high=50)
    search_every: float = setting(
        0.65, "seconds between searches of the whole picture while faces are known", low=0.0, high=60.0
    )
    idle_every: float = setting(
        0.2, "seconds between searches of an unchanged picture without a face", low=0.0, high=60.0
    )
    max_faces: int = setting(10, "most faces that are followed", low=1, high=100)
    shown: float = setting(0.1, "seconds for which a face that is not seen is still reported", low=0.0, high=10.0)
    known: float = setting(1.5, "seconds after which a face not seen is forgotten with its id", low=0.0, high=60.0)
    threads: int = setting(1, "CPU threads of OpenCV, in the whole process; 0: as OpenCV chooses", low=0, high=64)
    cascade: str = setting("", "another frontal face cascade (XML file); empty for OpenCV's frontalface_alt2")


class HaarDetector(Detector):
    """Haar cascade with tracking; see the module for how it searches.

    The score is n / (n + 4), where n is the number of windows that agree on the face: a cascade gives no probability,
    and the weight of its last stage hardly differs between faces and false alarms.
    """

    Settings: ClassVar[type[Any]] = HaarSettings
    rank: ClassVar[int] = 10
    #: The medians over 1,000 FER2013 training faces by benchmarks/framing.py lie on both sides of it: scale 0.955,
    #: dx −0.007, dy −0.002 on a first look; 0.995, −0.008, 0.000 while a face is followed. Quartiles of the scale:
    #: 0.90 to 1.01 and 0.94 to 1.06.
    framing: ClassVar[Framing] = Framing(scale=0.97, dx=-0.01, dy=0.0)

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._cascade = _load(self.settings.cascade)
        self._window = max(self._cascade.getOriginalWindowSize())
        if self.settings.threads:
            cv2.setNumThreads(self.settings.threads)
        self._tracker = Tracker(self.settings.shown, self.settings.known)
        self._clock, self._now = Clock(), 0.0
        self._shape: tuple[int, ...] = ()
        self.reset()

    def reset(self) -> None:
        """Forget all faces: the next frame is searched as a whole, as if it were the first."""
        self._tracker.clear()
        self._clock.reset()
        self._searched = -math.inf
        self._wait = 0.0
        self._turn = 0
        self._thumbnail: np.ndarray[Any, Any] | None = None

    def detect(self, image: ImageArray) -> list[Face]:
        return self.follow(image, None)

    def follow(self, image: ImageArray, stamp: int | None) -> list[Face]:
        self._now, back = self._clock.tell(stamp)
        if back or image.shape != self._shape:
            self.reset()
            self._now, _ = self._clock.tell(stamp)
            self._shape = image.shape
        height, width = image.shape[:2]
        if min(height, width) < self._window:
            return []
        seen = self._follow_known(image)
        if self._wide_is_due(image, seen):
            self._search(image, seen)
        self._tracker.prune(self._now)
        return self._tracker.faces(width, height, self.settings.max_faces, self._now)

    def _follow_known(self, image: ImageArray) -> set[Track]:
        """Look for each known face near its last place.

        :returns: the tracks that were seen.
        """
        seen: set[Track] = set()
        for track in self._tracker.tracks:
            place = track.predicted(self._now)
            found = self._near(image, *place, TIGHT, NEAR_NEIGHBORS) or self._near(image, *place, LOOSE, NEAR_NEIGHBORS)
            if found is None:
                track.miss()
            else:
                track.hit(found, self._now)
                seen.add(track)
        return seen

    def _wide_is_due(self, image: ImageArray, seen: set[Track]) -> bool:
        if self._thumbnail is None:
            return True
        since = self._now - self._searched
        if seen:
            lost_now = any(t not in seen and t.seen >= self._searched for t in self._tracker.tracks)
            return lost_now or len(PARTS) * since >= self.settings.search_every
        change = float(np.abs(_thumbnail(image) - self._thumbnail).mean())
        wait = 0.0 if change > CUT else min(self._wait, TICK) if change > MOVED else self._wait
        return since > wait + 0.5 * TICK

    def _search(self, image: ImageArray, seen: set[Track]) -> None:
        """Look at the whole picture, for new faces and for those lost sight of."""
        known = [track for track in self._tracker.tracks if track in seen]
        missed = [track for track in self._tracker.tracks if track not in seen]
        places = [track.roi(self._shape[1], self._shape[0]) for track in known]
        fresh = []
        sizes = (1.0, math.inf)
        if known and not missed:
            sizes = PARTS[self._turn]
            self._turn = (self._turn + 1) % len(PARTS)
        for roi in self._wide(image, sizes):
            if any(roi.iou(place) > 0.2 for place in places):
                continue
            found = self._near(image, *roi.centre, roi.width, CONFIRM, self.settings.min_neighbors)
            if found is not None:
                fresh.append(found)
        sure = any(detection.score >= SURE for detection in fresh)
        free = self.settings.max_faces - len(known)
        for track, detection in self._tracker.match(suppress(fresh)[: max(0, free)], missed, self._now):
            if track is None:
                doubtful = bool(known) or (sure and detection.score < SURE)
                self._tracker.add(detection, self._now, PROOF if doubtful else 0.0)
            else:
                track.hit(detection, self._now)
        self._wait = 0.0 if fresh or known else min(self._wait + TICK, self.settings.idle_every)
        self._searched = self._now
        self._thumbnail = _thumbnail(image)

    def _wide(self, image: ImageArray, sizes: tuple[float, float]) -> list[Roi]:
        """Candidates in the whole picture, largest first; ``sizes``: from and to, in those of the smallest face."""
        height, width = self._shape[:2]
        smallest = max(self.settings.min_face * min(height, width), float(self._window))
        zoom = self._window / smallest
        grey = reduced(image, (max(1, round(width * zoom)), max(1, round(height * zoom))), grey=True)
        low = round(sizes[0] * self._window)
        high = round(min(sizes[1] * self._window, float(max(grey.shape))))
        boxes = self._cascade.detectMultiScale(
            grey, self.settings.scale_factor, WIDE_NEIGHBORS, minSize=(low, low), maxSize=(high, high)
        )
        found = [Roi(*(round(float(v) / zoom) for v in box)) for box in boxes]
        return sorted(found, key=lambda roi: (-roi.area, roi.x, roi.y))[: 4 * self.settings.max_faces]

    def _near(
        self, image: ImageArray, cx: float, cy: float, side: float, how: Near, neighbors: int
    ) -> Detection | None:
        """The face around a place, None where there is none; ``neighbors``: windows that must agree."""
        window = Window.around(cx, cy, side * how.span, how.work / side, self._shape)
        if min(window.size) < self._window:
            return None
        grey = window.view(image, grey=True)
        low = max(self._window, round(how.work * how.sizes[0]))
        high = max(low, round(how.work * how.sizes[1]))
        boxes, counts = self._cascade.detectMultiScale2(
            grey, how.factor, neighbors, minSize=(low, low), maxSize=(high, high)
        )
        best: Detection | None = None
        for box, count in zip(boxes, counts, strict=True):
            # A neighbour's face may reach into the window: what lies far from its middle counts for less.
            roi = window.roi(*map(float, box))
            score = float(count) / (float(count) + HALF_SCORE)
            if best is None or score > best.score:
                best = Detection(roi, score)
        return best


def _shipped_cascades() -> Path:
    data = getattr(cv2, "data", None)
    return Path(data.haarcascades) if data else DEBIAN_CASCADES


def _load(path: str) -> cv2.CascadeClassifier:
    if not hasattr(cv2, "CascadeClassifier"):
        raise ConfigError(f"OpenCV {cv2.__version__} has no cascades: pip install 'opencv-python-headless<5'")
    file = Path(path).expanduser() if path else _shipped_cascades() / CASCADE
    if not file.is_file():
        remedy = "leave detectors.haar.cascade empty for OpenCV's own" if path else "sudo apt-get install opencv-data"
        raise ConfigError(f"there is no cascade at {file}: {remedy}")
    try:
        cascade = cv2.CascadeClassifier(str(file))
    except (cv2.error, SystemError) as error:
        raise ConfigError(f"{file} is not a cascade that OpenCV can read") from error
    if cascade.empty():
        raise ConfigError(f"{file} is not a cascade that OpenCV can read")
    return cascade


def _thumbnail(image: ImageArray) -> np.ndarray[Any, Any]:
    """Some hundred pixels of the picture, taken without reading the rest."""
    rows = np.linspace(0, image.shape[0] - 1, 24).astype(int)
    columns = np.linspace(0, image.shape[1] - 1, 32).astype(int)
    return image[np.ix_(rows, columns)].astype(np.int16)
