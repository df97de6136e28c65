"""Ids, association, steadiness and the forgetting of lost faces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.types import Face, Roi
from fer_ros.core.vision.tracking import Clock, Detection, Tracker, suppress

boxes = st.builds(Roi, *[st.integers(-200, 2000)] * 2, *[st.integers(1, 800)] * 2)
detections = st.lists(st.builds(Detection, boxes, st.floats(0, 1)), max_size=8)


def square(x: float, y: float, side: float, score: float = 0.8) -> Detection:
    return Detection(Roi(round(x - side / 2), round(y - side / 2), round(side), round(side)), score)


FRAME = 1.0 / 30.0


def step(tracker: Tracker, found: list[Detection], now: float) -> list[Face]:
    """One frame, as a detector does it."""
    seen = set()
    for track, detection in tracker.match(found, tracker.tracks, now):
        if track is None:
            seen.add(tracker.add(detection, now).track_id)
        else:
            track.hit(detection, now)
            seen.add(track.track_id)
    for track in tracker.tracks:
        if track.track_id not in seen:
            track.miss()
    tracker.prune(now)
    return tracker.faces(640, 480, 5, now)


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
    tracker = Tracker(shown=0.1, known=0.5)
    for detection in old:
        tracker.add(detection, 0.0)
    pairs = tracker.match(new, tracker.tracks, FRAME)
    assert [detection for _, detection in pairs] == new
    used = [track.track_id for track, _ in pairs if track is not None]
    assert len(used) == len(set(used))


@given(st.lists(detections, max_size=12), st.sampled_from([1, 5, 30]))
def test_ids_are_never_reused_and_boxes_lie_inside(frames: list[list[Detection]], fps: int) -> None:
    tracker = Tracker(shown=0.1, known=0.5)
    alive: set[int] = set()
    gone: set[int] = set()
    for index, found in enumerate(frames):
        faces = step(tracker, found, index / fps)
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


@pytest.mark.parametrize("every", [1, 2, 4])
def test_a_face_is_moved_between_looks(every: int) -> None:
    tracker = Tracker(shown=0.1, known=0.5)
    track = tracker.add(Detection(square(100, 200, 80).roi, 0.9, ((85.0, 190.0), (115.0, 190.0))), 0.0)
    for frame in range(1, 41):
        now, x = frame * FRAME, 100.0 + 4 * frame
        if frame % every:
            track.move(x, 200.0, now)
        else:
            track.hit(Detection(square(x, 200, 80).roi, 0.9, ((x - 15, 190.0), (x + 15, 190.0))), now)
        assert abs(track.cx - x) < 3 and track.side == pytest.approx(80, abs=1) and track.seen == now
        assert track.eyes is not None and track.eyes[0][0] == pytest.approx(track.cx - 15, abs=2)
    assert track.vx == pytest.approx(120, rel=0.1) and track.looked == 40 // every * every * FRAME


def test_crossing_faces_keep_their_ids() -> None:
    tracker = Tracker(shown=0.1, known=0.5)
    for frame in range(60):
        # One passes above the other, at a distance of most of a face.
        step(tracker, [square(100 + 6 * frame, 150, 90), square(454 - 6 * frame, 230, 90)], frame * FRAME)
    by_height = sorted(tracker.tracks, key=lambda t: t.cy)
    assert [track.track_id for track in by_height] == [1, 2]


def test_a_trembling_box_is_held_still_and_a_moving_one_is_followed() -> None:
    rng = np.random.default_rng(3)
    tracker = Tracker(shown=0.1, known=0.5)
    raw, smooth = [], []
    for frame in range(200):
        x, side = 200 + rng.normal(0, 2), 100 + rng.normal(0, 3)
        step(tracker, [square(x, 200, side)], frame * FRAME)
        raw.append((x, side))
        smooth.append((tracker.tracks[0].cx, tracker.tracks[0].side))
    assert (np.std(smooth[20:], axis=0) < 0.75 * np.std(raw[20:], axis=0)).all()
    for frame in range(30):
        step(tracker, [square(200 + 8 * frame, 200, 100)], (200 + frame) * FRAME)
    assert abs(tracker.tracks[0].cx - (200 + 8 * 29)) < 3, "lag while it moves, pixels of a side of 100"


@pytest.mark.parametrize("fps", [1, 2, 5, 15, 30, 60])
@pytest.mark.parametrize("speed", [0.0, 60.0, 150.0])
def test_a_face_that_moves_has_one_box_and_one_id_at_any_frame_rate(fps: int, speed: float) -> None:
    tracker = Tracker(shown=0.1, known=1.5)
    for frame in range(4 * fps):
        now = frame / fps
        # To and fro over 300 pixels, at up to one and a half sides a second.
        x = 170 + abs((speed * now) % 600 - 300)
        faces = step(tracker, [square(x, 200 + 20 * np.sin(now), 100)], now)
        assert [face.track_id for face in faces] == [1], f"second {now}"
        (face,) = faces
        assert abs(face.roi.centre[0] - x) < 12 and abs(face.roi.width - 100) <= 2, f"second {now}"


@pytest.mark.parametrize("fps", [5, 10, 30, 60])
def test_how_long_a_lost_face_is_shown_and_known_does_not_depend_on_the_frame_rate(fps: int) -> None:
    tracker = Tracker(shown=0.26, known=1.5)
    for frame in range(fps):
        step(tracker, [square(200, 200, 100)], frame / fps)
    last = (fps - 1) / fps
    for frame in range(fps, 2 * fps):
        shown = step(tracker, [], frame / fps)
        assert bool(shown) == (frame / fps - last <= 0.26), f"second {frame / fps}"
    faces = step(tracker, [square(230, 195, 105)], 2.0)
    assert [face.track_id for face in faces] == [1], "it turned away for a second"
    faces = step(tracker, [square(230, 195, 105)], 4.0)
    assert [face.track_id for face in faces] == [2], "after two seconds it may be another"


@pytest.mark.parametrize("fps", [1, 30])
def test_two_boxes_never_stand_for_one_face(fps: int) -> None:
    tracker = Tracker(shown=0.1, known=1.5)
    for frame in range(3 * fps):
        now = frame / fps
        found = [square(200 + 150 * abs(now % 2 - 1), 200, 100)] if frame % 7 else []
        assert len(step(tracker, found, now)) <= 1


def test_a_flash_is_not_held_and_a_newcomer_on_probation_must_stay() -> None:
    tracker = Tracker(shown=0.1, known=0.5)
    tracker.add(square(200, 200, 100), 0.0)
    assert len(tracker.faces(640, 480, 5, 0.0)) == 1
    assert tracker.faces(640, 480, 5, FRAME) == []
    newcomer = tracker.add(square(450, 200, 100), FRAME, proof=0.06)
    for frame, shown in ((2, []), (3, [newcomer.track_id])):
        newcomer.hit(square(450, 200, 100), frame * FRAME)
        assert [face.track_id for face in tracker.faces(640, 480, 5, frame * FRAME)] == shown


def test_eyes_go_with_the_box() -> None:
    tracker = Tracker(shown=0.1, known=0.5)
    for frame in range(30):
        x = 200.0 + 5 * frame
        roi = square(x, 200, 100).roi
        faces = step(tracker, [Detection(roi, 0.9, ((x - 20, 185.0), (x + 20, 185.0)))], frame * FRAME)
    (face,) = faces
    assert face.eyes is not None
    assert np.allclose(face.eyes, ((x - 20, 185), (x + 20, 185)), atol=3)
    (face,) = step(tracker, [Detection(roi, 0.9)], 30 * FRAME)
    assert face.eyes is None, "what is not told any more is not known"


def test_the_clock_of_the_frames() -> None:
    clock = Clock()
    assert clock.tell(2_000_000_000) == (2.0, False)
    assert clock.tell(None)[0] == pytest.approx(2.0 + FRAME)
    assert clock.tell(1_000_000_000) == (1.0, True), "a bag that is played again"
    clock.reset()
    assert clock.tell(0) == (0.0, False)
