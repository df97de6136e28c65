"""Ids, association, steadiness and the forgetting of lost faces."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.types import Roi
from fer_ros.core.vision.tracking import Detection, Tracker, suppress

boxes = st.builds(Roi, *[st.integers(-200, 2000)] * 2, *[st.integers(1, 800)] * 2)
detections = st.lists(st.builds(Detection, boxes, st.floats(0, 1)), max_size=8)


def square(x: float, y: float, side: float, score: float = 0.8) -> Detection:
    return Detection(Roi(round(x - side / 2), round(y - side / 2), round(side), round(side)), score)


def step(tracker: Tracker, found: list[Detection]) -> None:
    """One frame, as a detector does it."""
    seen = set()
    for track, detection in tracker.match(found, tracker.tracks):
        if track is None:
            seen.add(tracker.add(detection).track_id)
        else:
            track.hit(detection)
            seen.add(track.track_id)
    for track in tracker.tracks:
        if track.track_id not in seen:
            track.miss()
    tracker.prune()


@given(boxes, boxes)
def test_overlap_is_symmetric_and_bounded(a: Roi, b: Roi) -> None:
    assert a.iou(b) == b.iou(a) and 0.0 <= a.iou(b) <= 1.0
    assert a.iou(a) == 1.0


@given(boxes, st.integers(1, 900), st.integers(1, 900))
def test_clipped_lies_inside(roi: Roi, width: int, height: int) -> None:
    part = roi.clipped(width, height)
    assert part.x >= 0 and part.y >= 0 and part.width >= 0 and part.height >= 0
    assert part.x + part.width <= width and part.y + part.height <= height
    assert part.clipped(width, height) == part


@given(detections, detections)
def test_matching_uses_each_track_and_each_detection_once(old: list[Detection], new: list[Detection]) -> None:
    tracker = Tracker(hold=3, lost_after=15)
    for detection in old:
        tracker.add(detection)
    pairs = tracker.match(new, tracker.tracks)
    assert [detection for _, detection in pairs] == new
    used = [track.track_id for track, _ in pairs if track is not None]
    assert len(used) == len(set(used))


@given(st.lists(detections, max_size=12))
def test_ids_are_never_reused_and_boxes_lie_inside(frames: list[list[Detection]]) -> None:
    tracker = Tracker(hold=2, lost_after=4)
    alive: set[int] = set()
    gone: set[int] = set()
    for found in frames:
        step(tracker, found)
        faces = tracker.faces(640, 480, 5)
        now = {track.track_id for track in tracker.tracks}
        assert not now & gone
        gone |= alive - now
        alive = now
        assert len(faces) <= 5 and len({face.track_id for face in faces}) == len(faces)
        assert [f.roi.area for f in faces] == sorted((f.roi.area for f in faces), reverse=True)
        for face in faces:
            assert face.roi.clipped(640, 480) == face.roi and face.roi.area > 0 and 0.0 <= face.score <= 1.0


@given(detections)
def test_suppression_leaves_no_overlap_and_the_best(found: list[Detection]) -> None:
    kept = suppress(found)
    assert all(a is b or a.roi.iou(b.roi) <= 0.3 for a in kept for b in kept)
    if found:
        assert max(d.score for d in found) in [d.score for d in kept]


def test_crossing_faces_keep_their_ids() -> None:
    tracker = Tracker(hold=3, lost_after=15)
    for frame in range(60):
        # One passes above the other, at a distance of most of a face.
        step(tracker, [square(100 + 6 * frame, 150, 90), square(454 - 6 * frame, 230, 90)])
    by_height = sorted(tracker.tracks, key=lambda t: t.cy)
    assert [track.track_id for track in by_height] == [1, 2]


def test_a_trembling_box_is_held_still_and_a_moving_one_is_followed() -> None:
    rng = np.random.default_rng(3)
    tracker = Tracker(hold=3, lost_after=15)
    raw, smooth = [], []
    for _ in range(200):
        x, side = 200 + rng.normal(0, 2), 100 + rng.normal(0, 3)
        step(tracker, [square(x, 200, side)])
        raw.append((x, side))
        smooth.append((tracker.tracks[0].cx, tracker.tracks[0].side))
    assert (np.std(smooth[20:], axis=0) < 0.75 * np.std(raw[20:], axis=0)).all()
    for frame in range(30):
        step(tracker, [square(200 + 8 * frame, 200, 100)])
    assert abs(tracker.tracks[0].cx - (200 + 8 * 29)) < 3, "lag while it moves, pixels of a side of 100"


def test_a_lost_face_is_held_briefly_forgotten_later_and_known_again_between() -> None:
    tracker = Tracker(hold=3, lost_after=10)
    for _ in range(5):
        step(tracker, [square(200, 200, 100)])
    reported = []
    for _ in range(8):
        step(tracker, [])
        reported.append(len(tracker.faces(640, 480, 5)))
    assert reported == [1, 1, 1, 0, 0, 0, 0, 0]
    step(tracker, [square(215, 195, 105)])
    assert [face.track_id for face in tracker.faces(640, 480, 5)] == [1]
    for _ in range(11):
        step(tracker, [])
    step(tracker, [square(215, 195, 105)])
    assert [face.track_id for face in tracker.faces(640, 480, 5)] == [2]


def test_a_flash_is_not_held_and_a_newcomer_on_probation_must_stay() -> None:
    tracker = Tracker(hold=3, lost_after=10)
    tracker.add(square(200, 200, 100))
    assert len(tracker.faces(640, 480, 5)) == 1
    tracker.tracks[0].miss()
    assert tracker.faces(640, 480, 5) == []
    newcomer = tracker.add(square(450, 200, 100), needed=2)
    assert tracker.faces(640, 480, 5) == []
    newcomer.hit(square(450, 200, 100))
    assert [face.track_id for face in tracker.faces(640, 480, 5)] == [newcomer.track_id]
