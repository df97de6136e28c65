"""Detectors of two looks: a fine one at the whole picture now and then, a cheap one around each known face.

- The whole picture is searched every ``search_every`` seconds while faces are known, at once where one was lost, and
  some ten times a second while none is.
- What that finds is looked at again from near. Both looks together decide on a new face; the box of the near look is
  taken, so that a face has the same box whichever look found it.
- In between, each known face is looked for around its last place, some eight times a second. Nothing new can be opened
  there, so a lower score is enough. Between two such looks it is enough that the same pixels are found again nearby.

A dark picture is brightened before either look, which finds faces at a fiftieth of the usual light.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.vision import crop
from fer_ros.core.vision.tracking import Clock, Detection, Track, Tracker, suppress
from fer_ros.core.vision.windows import Patch, Window

#: Seconds between searches while no face is known.
IDLE = 0.09
#: Seconds after a look at a known face for which finding its pixels again will do.
REST = 0.12
#: Seconds without a frame from which a face may be anywhere: then the whole picture is searched first.
BLIND = 0.3
#: Degrees from which a face whose eyes are tilted is turned upright for the look from near; what is turned of the
#: picture, in sides of its box; and the side that a box is reduced to before, pixels: turning many of them is dear.
TILTED, AROUND, FINE = 10.0, 2.0, 224.0
#: Score of both looks from which a face is not turned to look once more.
SURE = 0.85
#: Mean grey level below which a picture is brightened, what it is brought to, and by how much at most.
DARK, BRIGHT, MOST = 60.0, 110.0, 40.0
#: Scores are cut to this range before they are weighed as logits.
RANGE = (0.02, 0.995)


@dataclass(frozen=True)
class FollowSettings:
    """What can be set for a detector of two looks. Its subclasses state the scores."""

    score: float = setting(0.5, "score from which a new face is believed, 0 to 1", low=0.05, high=0.99, live=True)
    keep: float = setting(0.4, "score with which a known face is still followed", low=0.05, high=0.99, live=True)
    search_every: float = setting(
        0.5, "seconds between searches of the whole picture while faces are known", low=0.0, high=60.0, live=True
    )
    max_faces: int = setting(10, "most faces that are followed", low=1, high=100, live=True)
    shown: float = setting(
        0.1, "seconds for which a face that is not seen is still reported", low=0.0, high=10.0, live=True
    )
    known: float = setting(
        1.5, "seconds after which a face not seen is forgotten with its id", low=0.0, high=60.0, live=True
    )
    threads: int = setting(1, "CPU threads of OpenCV, in the whole process; 0: as OpenCV chooses", low=0, high=64)


class FollowingDetector(Detector):
    """A detector of two looks; a subclass says how to look.

    :cvar weight: of the near look beside the first one, 0 to 1.
    :cvar turn: degrees by which a doubtful face is turned both ways to look once more; 0 where its eyes tell the tilt.
    """

    Settings: ClassVar[type[Any]] = FollowSettings
    weight: ClassVar[float] = 0.5
    turn: ClassVar[float] = 0.0

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        if self.settings.threads:
            cv2.setNumThreads(self.settings.threads)
        self._tracker = Tracker(self.settings.shown, self.settings.known)
        self._clock = Clock()
        self._shape: tuple[int, ...] = ()
        self._searched = -math.inf
        self._light: np.ndarray[Any, Any] | None = None
        self._patches: dict[Track, Patch] = {}

    @abstractmethod
    def search(self, image: ImageArray, calm: bool = False) -> list[Detection]:
        """The faces in the whole picture, also doubtful ones; boxes within the picture.

        :param image: uint8, (height, width, 3) BGR or (height, width) grey.
        :param calm: all known faces are in sight: some sizes may be left to the next search.
        """

    @abstractmethod
    def look(self, image: ImageArray, cx: float, cy: float, side: float) -> list[Detection]:
        """The faces around a place; ``cx``, ``cy``, ``side``: pixels of the image."""

    def dear(self, count: int) -> bool:
        """Whether one search of the whole picture takes less time than ``count`` looks from near."""
        return False

    def configure(self, settings: Any) -> None:
        """Take changed settings."""
        self.settings = settings
        self._tracker.configure(settings.shown, settings.known)

    def reset(self) -> None:
        self._tracker.clear()
        self._clock.reset()
        self._searched = -math.inf

    def detect(self, image: ImageArray) -> list[Face]:
        return self.follow(image, None)

    def follow(self, image: ImageArray, stamp: int | None) -> list[Face]:
        now, back = self._clock.tell(stamp)
        if back or image.shape != self._shape:
            self._tracker.clear()
            self._searched = -math.inf
            self._shape = image.shape
        height, width = image.shape[:2]
        self._light = _brightening(image)
        seen = self._follow_known(image, now)
        if self._search_is_due(seen, now):
            seen |= self._search_whole(image, seen, now)
            self._searched = now
        for track in self._tracker.tracks:
            if track not in seen:
                track.miss()
        self._tracker.prune(now)
        self._patches = {track: self._patch(image, track, now) for track in self._tracker.tracks}
        return self._tracker.faces(width, height, self.settings.max_faces, now)

    def brightened(self, image: ImageArray) -> ImageArray:
        """What is looked at, brightened where the whole picture is dark."""
        return image if self._light is None else np.asarray(cv2.LUT(image, self._light), dtype=np.uint8)

    def _follow_known(self, image: ImageArray, now: float) -> set[Track]:
        """Look for each known face near its last place.

        :returns: the tracks that were seen.
        """
        seen: set[Track] = set()
        if self.settings.search_every == 0.0:
            return seen
        left = []
        for track in self._tracker.tracks:
            if now - track.seen > BLIND:
                continue
            place = track.predicted(now)
            moved = self._patches[track].find(image, *place[:2]) if now - track.looked < REST else None
            if moved is None:
                left.append((track, place))
            else:
                track.move(*moved, now)
                seen.add(track)
        if self.dear(len(left)):
            return seen
        for track, place in left:
            # A neighbour's face may reach into what is looked at.
            for owner, detection in self._tracker.match(self._near(image, track, place), [track], now):
                if owner is not None and track not in seen:
                    track.hit(detection, now)
                    seen.add(track)
        return seen

    def _patch(self, image: ImageArray, track: Track, now: float) -> Patch:
        """The pixels of a face where it was looked at last."""
        if track.looked == now or track not in self._patches:
            return Patch(image, track.cx, track.cy, track.side)
        return self._patches[track]

    def _search_is_due(self, seen: set[Track], now: float) -> bool:
        since = now - self._searched
        tracks = self._tracker.tracks
        if not tracks or not seen:
            # Lost just now: at once. Nobody there: now and then.
            lost = any(now - track.seen <= max(self.settings.shown, 2.0 * IDLE) for track in tracks)
            return lost or since >= IDLE
        lost = any(track not in seen and now - track.seen <= self.settings.shown for track in tracks)
        return lost or since >= self.settings.search_every

    def _search_whole(self, image: ImageArray, seen: set[Track], now: float) -> set[Track]:
        """Look at the whole picture, for new faces and for those that were not seen near their last place.

        :returns: the tracks that were found or opened.
        """
        found: set[Track] = set()
        free = self.settings.max_faces - len(seen)
        places = [track.roi(image.shape[1], image.shape[0]) for track in seen]
        shown = []
        calm = bool(seen) and all(track in seen for track in self._tracker.tracks)
        for first in suppress(self.search(image, calm))[: 4 * self.settings.max_faces]:
            if not any(_overlap(first, place) for place in places):
                shown.append(self._second(image, first))
        fresh = suppress([detection for detection in shown if detection.score >= self.settings.keep])
        lost = [track for track in self._tracker.tracks if track not in seen]
        for track, detection in self._tracker.match(fresh, lost, now):
            if len(found) >= free:
                break
            if track is not None:
                track.hit(detection, now)
                found.add(track)
            elif detection.score >= self.settings.score:
                found.add(self._tracker.add(detection, now))
        return found

    def _second(self, image: ImageArray, first: Detection) -> Detection:
        """A face that a search has found after the look from near, with the score of both.

        Where they are not sure, the head may be tilted without its eyes telling so: the surest look counts.
        """
        tilt = crop.tilt_of(first.eyes)
        best, score = first, 0.0
        for turn in (0.0, self.turn, -self.turn) if self.turn else (0.0,):
            near = self._again(image, first, (tilt if abs(tilt) >= TILTED else 0.0) + turn)
            if near is not None and near.score > score:
                best, score = near if near.score >= self.settings.keep else first, near.score
            if blend(first.score, score, self.weight) >= SURE:
                break
        return Detection(best.roi, blend(first.score, score, self.weight), best.eyes)

    def _again(self, image: ImageArray, first: Detection, tilt: float) -> Detection | None:
        """The same face from near, turned by so many degrees; None where it is not seen there."""
        side = float(max(first.roi.width, first.roi.height))
        cx, cy = first.roi.centre
        best: Detection | None = None
        for detection in self._look_upright(image, cx, cy, side, tilt):
            x, y = detection.roi.centre
            other = float(max(detection.roi.width, detection.roi.height))
            close = math.hypot(x - cx, y - cy) < 0.5 * side and 0.5 * side < other < 2.0 * side
            if close and (best is None or detection.score > best.score):
                best = detection
        return best

    def _look_upright(self, image: ImageArray, cx: float, cy: float, side: float, tilt: float) -> list[Detection]:
        """Look around a place, with a face turned upright that is tilted by so many degrees: it scores higher so."""
        if abs(tilt) < TILTED:
            return self.look(image, cx, cy, side)
        whole = Window.around(cx, cy, math.sqrt(2.0) * AROUND * side, min(1.0, FINE / side), image.shape)
        if min(whole.size) < 1:
            return []
        zoom, reach = whole.zoom, max(1, round(AROUND * side * whole.zoom))
        centre, middle = ((cx - whole.x0) * zoom, (cy - whole.y0) * zoom), (reach - 1) / 2.0
        view = crop.turned(whole.view(image), centre, centre, reach, tilt)
        sine, cosine = math.sin(math.radians(tilt)) / zoom, math.cos(math.radians(tilt)) / zoom

        def back(x: float, y: float) -> tuple[float, float]:
            return cx + cosine * (x - middle) - sine * (y - middle), cy + sine * (x - middle) + cosine * (y - middle)

        found = []
        for detection in self.look(view, middle, middle, side * zoom):
            (x, y), width, height = back(*detection.roi.centre), detection.roi.width / zoom, detection.roi.height / zoom
            roi = Roi(round(x - width / 2), round(y - height / 2), round(width), round(height)).clipped(
                image.shape[1], image.shape[0]
            )
            eyes = None if detection.eyes is None else (back(*detection.eyes[0]), back(*detection.eyes[1]))
            if roi.area:
                found.append(Detection(roi, detection.score, eyes))
        return found

    def _near(self, image: ImageArray, track: Track, place: tuple[float, float, float]) -> list[Detection]:
        """The faces around the place of a known one, which is turned as its eyes were tilted at the last look."""
        found = self._look_upright(image, *place, crop.tilt_of(track.eyes))
        return suppress([d for d in found if d.score >= self.settings.keep])


def blend(first: float, second: float, weight: float) -> float:
    """The score of two looks: the mean of their logits, the second with ``weight``, 0 to 1."""
    logits = [math.log(p / (1.0 - p)) for p in (min(max(score, RANGE[0]), RANGE[1]) for score in (first, second))]
    return 1.0 / (1.0 + math.exp(-((1.0 - weight) * logits[0] + weight * logits[1])))


def _overlap(detection: Detection, place: Any) -> bool:
    return bool(suppress([detection, Detection(place, 1.0)])[1:] == [])


def _brightening(image: ImageArray) -> np.ndarray[Any, Any] | None:
    """Grey level → grey level for a dark picture, by some hundred of its pixels; None where it is light enough."""
    rows = np.linspace(0, image.shape[0] - 1, 24).astype(int)
    columns = np.linspace(0, image.shape[1] - 1, 32).astype(int)
    mean = float(image[np.ix_(rows, columns)].mean())
    if mean >= DARK:
        return None
    gain = min(MOST, BRIGHT / max(mean, 1e-3))
    return np.asarray(np.minimum(np.arange(256) * gain, 255.0), dtype=np.uint8)
