"""Following faces from frame to frame: which box belongs to which face, ids that are never reused, steady boxes.

Everything goes by time, seconds, never by the number of frames, so that it is the same at 1 and at 30 frames a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fer_ros.core.base.types import Eyes, Face, Roi

#: Share of a deviation that is taken over within TICK while the face seems to stand still: position, size.
STEADY_GAIN = (0.35, 0.2)
TICK = 1.0 / 30.0
#: How fast that share grows with the deviation (in sides of the box): a deviation of a tenth is followed nearly whole.
GAIN_GROWTH = (6.0, 4.0)
#: Share of the newest velocity in the estimate, within TICK, and the longest time that it is carried on, seconds:
#: people turn back.
VELOCITY_GAIN, CARRIED = 0.4, 0.15
#: Two boxes may be the same face if their centres are closer than this, in sides of the larger one; it grows with the
#: time since the face was seen, sides a second, up to a limit.
DISTANCE, SPEED, FARTHEST = 0.55, 2.0, 2.0
#: The same for the larger side over the smaller one.
RATIO, GROWTH, LARGEST = 1.65, 1.0, 2.5
#: Centres closer than this, in sides of the larger box, are one face.
SAME = 0.4


@dataclass(frozen=True, slots=True)
class Detection:
    """A face box of one frame that has no identity yet.

    :ivar roi: the box in pixels of the full image.
    :ivar score: confidence, 0 to 1.
    :ivar eyes: centres of the eyes in pixels of the full image, the one on the left of the picture first; None where
        the detector does not tell them.
    """

    roi: Roi
    score: float
    eyes: Eyes | None = None


class Track:
    """One face that is followed: a smoothed square box, its velocity, and when it was seen.

    :ivar track_id: never reused by the tracker that made it.
    :ivar born: when it was first seen, seconds.
    :ivar seen: when it was last seen, or taken for seen.
    :ivar looked: when it was last really seen.
    :ivar proof: seconds for which it must be seen before it is reported.
    """

    def __init__(self, track_id: int, detection: Detection, now: float, proof: float = 0.0) -> None:
        """Begin at a detection."""
        self.track_id, self.proof = track_id, proof
        self.cx, self.cy = detection.roi.centre
        self.side = float(max(detection.roi.width, detection.roi.height))
        self.vx = self.vy = 0.0
        self.score = detection.score
        self.born = self.seen = self.looked = now
        self._eyes = self._relative(detection)

    @property
    def proven(self) -> bool:
        """Whether it was seen for long enough to be reported."""
        return self.seen - self.born >= self.proof

    @property
    def speed(self) -> float:
        """How fast it moves, sides a second."""
        return math.hypot(self.vx, self.vy) / self.side

    def predicted(self, now: float) -> tuple[float, float, float]:
        """Where the face should be: centre x, centre y and side in pixels."""
        ahead = min(CARRIED, max(0.0, now - self.seen))
        return self.cx + ahead * self.vx, self.cy + ahead * self.vy, self.side

    def hit(self, detection: Detection, now: float) -> None:
        """The face was seen: follow the new box, the more readily the further it is from the old one.

        A box that trembles by some hundredths of its side is averaged over about a tenth of a second, so that the crop
        keeps still; a face that moves is followed without lag.
        """
        x, y, side = self.predicted(now)
        elapsed = max(now - self.seen, 1e-3)
        new_x, new_y = detection.roi.centre
        new_side = float(max(detection.roi.width, detection.roi.height))
        deviation = math.hypot(new_x - x, new_y - y) / side
        gain = min(1.0, _within(elapsed, STEADY_GAIN[0]) + GAIN_GROWTH[0] * deviation)
        growth = min(1.0, _within(elapsed, STEADY_GAIN[1]) + GAIN_GROWTH[1] * abs(new_side - side) / side)
        old_x, old_y = self.cx, self.cy
        self.cx, self.cy = x + gain * (new_x - x), y + gain * (new_y - y)
        self.side = max(1.0, side + growth * (new_side - side))
        share = _within(elapsed, VELOCITY_GAIN)
        self.vx += share * ((self.cx - old_x) / elapsed - self.vx)
        self.vy += share * ((self.cy - old_y) / elapsed - self.vy)
        eyes = self._relative(detection)
        if eyes is not None and self._eyes is not None:
            eyes = tuple(old + gain * (new - old) for old, new in zip(self._eyes, eyes, strict=True))
        self._eyes = eyes
        self.score = detection.score
        self.seen = self.looked = now

    def move(self, cx: float, cy: float, now: float) -> None:
        """Take it for seen at another place, with the size that it had; ``cx``, ``cy``: pixels."""
        elapsed = max(now - self.seen, 1e-3)
        share = _within(elapsed, VELOCITY_GAIN)
        self.vx += share * ((cx - self.cx) / elapsed - self.vx)
        self.vy += share * ((cy - self.cy) / elapsed - self.vy)
        self.cx, self.cy, self.seen = cx, cy, now

    def miss(self) -> None:
        """The face was not seen: stay where it was last seen."""
        self.vx = self.vy = 0.0

    def roi(self, width: int, height: int) -> Roi:
        """The box in whole pixels, cut to an image of ``width`` × ``height`` and at least one pixel large."""
        x0, y0 = round(self.cx - self.side / 2.0), round(self.cy - self.side / 2.0)
        side = max(1, round(self.side))
        x0, y0 = min(x0, width - 1), min(y0, height - 1)
        x1, y1 = max(x0 + side, 1), max(y0 + side, 1)
        return Roi(x0, y0, x1 - x0, y1 - y0).clipped(width, height)

    @property
    def eyes(self) -> Eyes | None:
        """The centres of the eyes in pixels of the full image, None where they are not known."""
        if self._eyes is None:
            return None
        ax, ay, bx, by = self._eyes
        cx, cy, side = self.cx, self.cy, self.side
        return (cx + ax * side, cy + ay * side), (cx + bx * side, cy + by * side)

    def _relative(self, detection: Detection) -> tuple[float, ...] | None:
        """The eyes from the centre of the box, in its sides."""
        if detection.eyes is None:
            return None
        (cx, cy), side = detection.roi.centre, float(max(detection.roi.width, detection.roi.height, 1))
        return tuple((v - c) / side for point in detection.eyes for v, c in zip(point, (cx, cy), strict=True))


class Tracker:
    """Keeps the tracks: joins detections to them, opens new ones, forgets lost ones.

    A track that is not seen is still reported for ``shown`` seconds (a blink, a hand), though never for longer than it
    was seen before, since a false alarm seldom lasts. It is remembered, but not reported, for ``known`` seconds, so
    that a face that comes back nearby keeps its id.
    """

    def __init__(self, shown: float, known: float) -> None:
        self.configure(shown, known)
        self.tracks: list[Track] = []
        self._next_id = 1

    def configure(self, shown: float, known: float) -> None:
        """Take other times, seconds."""
        self.shown, self.known = shown, max(shown, known)

    def match(
        self, detections: Sequence[Detection], tracks: Sequence[Track], now: float
    ) -> list[tuple[Track | None, Detection]]:
        """The nearest pairs first: each detection with its track, None where it is a face not seen before."""
        pairs = []
        for i, detection in enumerate(detections):
            for j, track in enumerate(tracks):
                if now - track.seen > self.known:
                    continue
                distance = _distance(detection.roi, track, now)
                if distance is not None:
                    pairs.append((distance, i, j))
        owner: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, j in sorted(pairs):
            if i not in owner and j not in taken:
                owner[i] = tracks[j]
                taken.add(j)
        return [(owner.get(i), detection) for i, detection in enumerate(detections)]

    def add(self, detection: Detection, now: float, proof: float = 0.0) -> Track:
        """Open a track with a fresh id; ``proof``: seconds for which it must be seen before it is reported."""
        track = Track(self._next_id, detection, now, proof)
        self._next_id += 1
        self.tracks.append(track)
        return track

    def prune(self, now: float) -> None:
        """Forget lost tracks, those that failed to prove themselves, and the younger of two on the same face."""
        kept: list[Track] = []
        for track in sorted(self.tracks, key=lambda t: (-t.seen, t.track_id)):
            patience = self.known if track.proven else 0.0
            if now - track.seen <= patience and not any(_same_face(track, other) for other in kept):
                kept.append(track)
        self.tracks = sorted(kept, key=lambda t: t.track_id)

    def faces(self, width: int, height: int, limit: int, now: float) -> list[Face]:
        """What to report, largest first: at most ``limit`` faces. One that is not seen just now loses confidence."""
        found = []
        for track in self.tracks:
            unseen = now - track.seen
            if not track.proven or unseen > min(self.shown, track.seen - track.born):
                continue
            score = track.score * 0.5 ** (unseen / TICK)
            found.append(Face(track.roi(width, height), score, track.track_id, track.eyes))
        return sorted(found, key=lambda f: (-f.roi.area, f.track_id))[:limit]

    def clear(self) -> None:
        """Forget all tracks; their ids stay used."""
        self.tracks = []


class Clock:
    """The stamps of frames as seconds that never go back; ``detect`` without a stamp counts as 30 frames a second."""

    def __init__(self) -> None:
        self._last: int | None = None

    def reset(self) -> None:
        """The next frame may have any stamp."""
        self._last = None

    def tell(self, stamp: int | None) -> tuple[float, bool]:
        """The time of a frame, seconds, and whether the stamps went back: then what was seen says nothing any more."""
        if stamp is None:
            stamp = 0 if self._last is None else self._last + round(1e9 * TICK)
        back = self._last is not None and stamp < self._last
        self._last = stamp
        return stamp * 1e-9, back


def suppress(detections: Sequence[Detection], overlap: float = 0.3) -> list[Detection]:
    """Non-maximum suppression: of boxes that overlap by more than ``overlap`` (IoU), or of which one holds the centre
    of the other, the one with the higher score stays.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: (-d.score, -d.roi.area, d.roi.x, d.roi.y)):
        if not any(d.roi.iou(detection.roi) > overlap or _holds_centre(d.roi, detection.roi) for d in kept):
            kept.append(detection)
    return kept


def _within(elapsed: float, share: float) -> float:
    """The share of a deviation that is taken over in a time, where ``share`` is that within TICK."""
    return 1.0 - float((1.0 - share) ** (elapsed / TICK))


def _holds_centre(a: Roi, b: Roi) -> bool:
    (ax, ay), (bx, by) = a.centre, b.centre
    in_a = abs(bx - ax) < a.width / 4.0 and abs(by - ay) < a.height / 4.0
    in_b = abs(bx - ax) < b.width / 4.0 and abs(by - ay) < b.height / 4.0
    return in_a or in_b


def _distance(roi: Roi, track: Track, now: float) -> float | None:
    """Distance of the centres in sides of the larger box; None where they cannot be the same face."""
    x, y, side = track.predicted(now)
    other = float(max(roi.width, roi.height, 1))
    large, small = max(side, other), min(side, other)
    distance = math.hypot(roi.centre[0] - x, roi.centre[1] - y) / large
    # At 30 frames a second and after a longer time alike: a face goes no faster than SPEED.
    unseen = max(0.0, now - track.seen - TICK)
    near = distance < min(FARTHEST, DISTANCE + SPEED * unseen)
    return distance if near and large < min(LARGEST, RATIO + GROWTH * unseen) * small else None


def _same_face(a: Track, b: Track) -> bool:
    return math.hypot(a.cx - b.cx, a.cy - b.cy) < SAME * max(a.side, b.side)
