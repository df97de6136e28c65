"""What was seen in the last second becomes a take of the right label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Roi
from fer_ros.core.recording import Incoming, Recorder, State, correcting
from fer_ros.core.recording.correcting import Recent

from .conftest import BOX, PICTURE, Steered, frame

LEFT, RIGHT = Roi(2, 3, 20, 20), Roi(30, 3, 16, 16)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> Recent:
    """Thirty frames a second for two seconds, of two faces, the right one of which leaves after a second and a half."""
    recent = Recent(clock)
    for number in range(1, 61):
        clock.now += 1 / 30
        if recent.due():
            recent.add(frame(number))
        recent.tell(number, [(7, LEFT), (9, RIGHT)] if number <= 45 else [(7, LEFT)])
    return recent


def test_the_last_second_of_a_face(recent: Recent, clock: Clock) -> None:
    largest = recent.of(0)
    stamps = [seen.stamp for seen, _ in largest]
    assert 8 <= len(stamps) <= 10 and stamps == sorted(stamps) and stamps[0] >= 30 and stamps[-1] >= 57
    assert {box for _, box in largest} == {LEFT} and recent.of(7) == largest
    right = recent.of(9)
    assert {box for _, box in right} == {RIGHT} and right[-1][0].stamp <= 45
    with pytest.raises(ConfigError, match="face 8 was not seen in the last second"):
        recent.of(8)
    clock.now += 1.1
    with pytest.raises(ConfigError, match="a face was not seen in the last second"):
        recent.of(0)
    clock.now += 1.0
    with pytest.raises(ConfigError, match="sees no images"):
        recent.of(0)


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "BYTES", 10_000)
    recent = Recent(clock)
    for number in range(1, 9):
        recent.add(Incoming(number, "", image=np.zeros((40, 50, 2), np.uint8)))
        recent.tell(number, [(1, LEFT)])
    assert [seen.stamp for seen, _ in recent.of(1)] == [7, 8]
    recent.forget()
    with pytest.raises(ConfigError):
        recent.of(1)


def test_into_a_bag_of_its_own_or_the_open_one(
    make: Callable[..., Recorder], recent: Recent, detector: Steered
) -> None:
    recorder = make(labels="happy, sad")
    seen = recent.of(7)
    first = recorder.correct("joy", "", seen).result(5)
    again = recorder.correct("sad", "Lee", seen).result(5)
    assert [(one.bag.name, one.take, one.samples) for one in (first, again)] == [
        ("corrections", 1, len(seen)),
        ("corrections", 2, len(seen)),
    ]
    assert not recorder.active and recorder.status().state == State.IDLE
    samples = list(bags.stored(first.bag))
    assert {(s.label, s.subject, s.roi, s.picture) for s in samples} == {
        ("happy", "", LEFT, PICTURE),
        ("sad", "Lee", LEFT, PICTURE),
    }
    assert not detector.shapes  # the box is the one that was seen
    mine = recorder.start("happy", "Kim").result(5)
    with pytest.raises(ConfigError, match="a take is being recorded: end it first"):
        recorder.correct("sad", "", seen).result(5)
    recorder.offer(frame(500))
    recorder.pause().result(5)
    into = recorder.correct("sad", "", seen).result(5)
    assert (into.bag, into.take) == (mine, 2) and recorder.active
    assert recorder.discard(into.bag.name, into.take).result(5) == into.samples
    recorder.stop().result(5)
    assert [(take.label, take.subject) for take in bags.info(mine).takes] == [("happy", "Kim")]


@pytest.mark.parametrize("label, subject", [("", ""), ("glad", ""), ("a\nb", ""), ("happy", "x" * 65), ("happy", "\0")])
def test_what_is_not_allowed_leaves_nothing(
    make: Callable[..., Recorder], recent: Recent, label: str, subject: str
) -> None:
    recorder = make(labels="happy, sad")
    with pytest.raises(FerError):
        recorder.correct(label, subject, recent.of(0)).result(5)
    assert not recorder.active and not bags.listing(recorder._session.parent)
    # A picture that is none is not kept, either.
    broken = [(Incoming(1, "", b"\xff\xd8\xffnothing"), BOX)]
    with pytest.raises(FerError, match="no picture of the last second could be kept"):
        recorder.correct("happy", "", broken).result(5)
    assert not recorder.active
