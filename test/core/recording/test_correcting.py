"""The frames of a face become a take of the right label."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Face, Roi
from fer_ros.core.recording import Incoming, Recorder, State
from fer_ros.core.recording.correcting import Seen

from .conftest import PICTURE, Steered, frame

LEFT = Face(Roi(2, 3, 20, 20), 0.9, 4, ((6.5, 9.0), (15.0, 8.0)))


@pytest.fixture
def seen() -> list[Seen]:
    """Ten frames with a face."""
    return [(frame(number), LEFT) for number in range(1, 11)]


def test_into_a_bag_of_its_own_or_the_open_one(
    make: Callable[..., Recorder], seen: list[Seen], detector: Steered
) -> None:
    recorder = make(labels="happy, sad")
    first = recorder.correct("joy", "", seen).result(5)
    again = recorder.correct("sad", "Lee", seen).result(5)
    assert [(one.bag.name, one.take, one.samples) for one in (first, again)] == [
        ("corrections", 1, len(seen)),
        ("corrections", 2, len(seen)),
    ]
    assert not recorder.active and recorder.status().state == State.IDLE
    samples = list(bags.stored(first.bag))
    assert {(s.label, s.subject, s.roi, s.eyes, s.picture) for s in samples} == {
        ("happy", "", LEFT.roi, LEFT.eyes, PICTURE),
        ("sad", "Lee", LEFT.roi, LEFT.eyes, PICTURE),
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
    make: Callable[..., Recorder], seen: list[Seen], label: str, subject: str
) -> None:
    recorder = make(labels="happy, sad")
    with pytest.raises(FerError):
        recorder.correct(label, subject, seen).result(5)
    assert not recorder.active and not bags.listing(recorder._session.parent)
    # A picture that is none is not kept, either.
    broken = [(Incoming(1, "", b"\xff\xd8\xffnothing"), LEFT)]
    with pytest.raises(FerError, match="no picture of the last second could be kept"):
        recorder.correct("happy", "", broken).result(5)
    assert not recorder.active
