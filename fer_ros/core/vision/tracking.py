"""Following faces from frame to frame: which box belongs to which face, ids that are never reused, steady boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fer_ros.core.base.types import Face, Roi

#: Share of a deviation that is taken over at once while the face seems to stand still: position, size.
STEADY_GAIN = (0.35, 0.2)
#: How fast that share grows with the deviation (in sides of the box): a deviation of a tenth is followed nearly whole.
GAIN_GROWTH = (6.0, 4.0)
#: Share of the newest displacement in the velocity estimate.
VELOCITY_GAIN = 0.4
#: Two boxes may be the same face if their centres are closer than this, in sides of the larger one …
MAX_DISTANCE = 0.6
#: … and the larger side is at most this many times the smaller one.
MAX_SIZE_RATIO = 1.7


@dataclass(frozen=True, slots=True)
class Detection:
    """A face box of one frame that has no identity yet.

    :ivar roi: the box in pixels of the full image.
    :ivar score: confidence, 0 to 1.
    """

    roi: Roi
    score: float


class Track:
    """One face that is followed: a smoothed square box, its velocity, and how long it was not seen.

    :ivar track_id: never reused by the tracker that made it.
    :ivar hits: frames that showed it.
    :ivar needed: hits before it is reported.
    :ivar misses: frames since it was last seen; 0 where the last frame showed it.
    """

    def __init__(self, track_id: int, detection: Detection, needed: int = 1) -> None:
        """Begin at a detection; ``needed``: frames in a row that must show it before it is reported."""
        self.track_id, self.needed = track_id, needed
        self.cx, self.cy = detection.roi.centre
        self.side = float(max(detection.roi.width, detection.roi.height))
        self.vx = self.vy = 0.0
        self.score = detection.score
        self.hits, self.misses = 1, 0

    def predicted(self) -> tuple[float, float, float]:
        """Where the face should be in the next frame: centre x, centre y and side in pixels."""
        return self.cx + self.vx, self.cy + self.vy, self.side

    def hit(self, detection: Detection) -> None:
        """The face was seen: follow the new box, the more readily the further it is from the old one.

        A box that trembles by some hundredths of its side is averaged over about three frames, so that the crop keeps
        still; a face that moves is followed without lag.
        """
        x, y, side = self.predicted()
        new_x, new_y = detection.roi.centre
        new_side = float(max(detection.roi.width, detection.roi.height))
        deviation = math.hypot(new_x - x, new_y - y) / side
        gain = min(1.0, STEADY_GAIN[0] + GAIN_GROWTH[0] * deviation)
        growth = min(1.0, STEADY_GAIN[1] + GAIN_GROWTH[1] * abs(new_side - side) / side)
        old_x, old_y = self.cx, self.cy
        self.cx, self.cy = x + gain * (new_x - x), y + gain * (new_y - y)
        self.side = side + growth * (new_side - side)
        frames = self.misses + 1
        self.vx += VELOCITY_GAIN * ((self.cx - old_x) / frames - self.vx)
        self.vy += VELOCITY_GAIN * ((self.cy - old_y) / frames - self.vy)
        self.score = detection.score
        self.hits += 1
        self.misses = 0

    def miss(self) -> None:
        """The face was not seen: stay where it was last seen, with half the confidence."""
        self.vx = self.vy = 0.0
        self.score /= 2.0
        self.misses += 1

    def roi(self, width: int, height: int) -> Roi:
        """The box in whole pixels, cut to an image of ``width`` × ``height`` and at least one pixel large."""
        x0, y0 = round(self.cx - self.side / 2.0), round(self.cy - self.side / 2.0)
        side = max(1, round(self.side))
        x0, y0 = min(x0, width - 1), min(y0, height - 1)
        x1, y1 = max(x0 + side, 1), max(y0 + side, 1)
        return Roi(x0, y0, x1 - x0, y1 - y0).clipped(width, height)


class Tracker:
    """Keeps the tracks: joins detections to them, opens new ones, forgets lost ones.

    A track that is not seen is still reported for ``hold`` frames (a blink, a hand), though never for longer than it
    was seen before, since a false alarm seldom lasts. It is remembered, but not reported, until ``lost_after`` frames,
    so that a face that comes back nearby keeps its id.
    """

    def __init__(self, hold: int, lost_after: int) -> None:
        self.hold = hold
        self.lost_after = max(hold, lost_after)
        self.tracks: list[Track] = []
        self._next_id = 1

    def match(self, detections: Sequence[Detection], tracks: Sequence[Track]) -> list[tuple[Track | None, Detection]]:
        """The nearest pairs first: each detection with its track, None where it is a face not seen before."""
        pairs = []
        for i, detection in enumerate(detections):
            for j, track in enumerate(tracks):
                distance = _distance(detection.roi, track)
                if distance is not None:
                    pairs.append((distance, i, j))
        owner: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, j in sorted(pairs):
            if i not in owner and j not in taken:
                owner[i] = tracks[j]
                taken.add(j)
        return [(owner.get(i), detection) for i, detection in enumerate(detections)]

    def add(self, detection: Detection, needed: int = 1) -> Track:
        """Open a track with a fresh id; ``needed``: frames in a row that must show it before it is reported."""
        track = Track(self._next_id, detection, needed)
        self._next_id += 1
        self.tracks.append(track)
        return track

    def prune(self) -> None:
        """Forget lost tracks, those that failed to prove themselves, and the younger of two on the same face."""
        kept: list[Track] = []
        for track in sorted(self.tracks, key=lambda t: (t.misses, t.track_id)):
            patience = self.lost_after if track.hits >= track.needed else 0
            if track.misses <= patience and not any(_same_face(track, other) for other in kept):
                kept.append(track)
        self.tracks = sorted(kept, key=lambda t: t.track_id)

    def faces(self, width: int, height: int, limit: int) -> list[Face]:
        """What to report, largest first: at most ``limit`` faces seen in the last ``hold`` frames."""
        shown = [t for t in self.tracks if t.hits >= t.needed and t.misses <= min(self.hold, t.hits - 1)]
        found = [Face(t.roi(width, height), t.score, t.track_id) for t in shown]
        return sorted(found, key=lambda f: (-f.roi.area, f.track_id))[:limit]

    def clear(self) -> None:
        """Forget all tracks; their ids stay used."""
        self.tracks = []


def suppress(detections: Sequence[Detection], overlap: float = 0.3) -> list[Detection]:
    """Non-maximum suppression: of boxes that overlap by more than ``overlap`` (IoU), or of which one holds the centre
    of the other, the one with the higher score stays.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: (-d.score, -d.roi.area, d.roi.x, d.roi.y)):
        if not any(d.roi.iou(detection.roi) > overlap or _holds_centre(d.roi, detection.roi) for d in kept):
            kept.append(detection)
    return kept


def _holds_centre(a: Roi, b: Roi) -> bool:
    (ax, ay), (bx, by) = a.centre, b.centre
    in_a = abs(bx - ax) < a.width / 4.0 and abs(by - ay) < a.height / 4.0
    in_b = abs(bx - ax) < b.width / 4.0 and abs(by - ay) < b.height / 4.0
    return in_a or in_b


def _distance(roi: Roi, track: Track) -> float | None:
    """Distance of the centres in sides of the larger box; None where they cannot be the same face."""
    x, y, side = track.predicted()
    other = float(max(roi.width, roi.height, 1))
    large, small = max(side, other), min(side, other)
    distance = math.hypot(roi.centre[0] - x, roi.centre[1] - y) / large
    return distance if distance < MAX_DISTANCE and large < MAX_SIZE_RATIO * small else None


def _same_face(a: Track, b: Track) -> bool:
    return math.hypot(a.cx - b.cx, a.cy - b.cy) < 0.4 * max(a.side, b.side)
