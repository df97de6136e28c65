"""Takes, limits, pauses and counts, with real bags; faces come from a detector that the test steers."""

from __future__ import annotations

import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.recording import FaceFinder, Incoming, Recorder, State

from .conftest import BOX, PICTURE, TOLD, Steered, frame, settle, wait_until


def test_a_session(make: Callable[..., Recorder], detector: Steered) -> None:
    recorder = make(consent="written", labels="happy, sad")
    recorder.offer(frame(1))  # nobody wants it
    bag = recorder.start("happy", "Kim").result(5)
    for stamp in range(2, 5):
        recorder.offer(frame(stamp))
    recorder.start("sad", "Kim").result(5)  # changes over without a pause
    recorder.offer(frame(5))
    paused = recorder.pause().result(5)
    assert (paused.state, paused.counts, paused.take) == (State.PAUSED, {"happy": 3, "sad": 1}, 2)
    recorder.offer(frame(6))
    time.sleep(0.15)
    assert recorder.status().elapsed == paused.elapsed
    detector.roi = None
    recorder.start("happy").result(5)
    recorder.offer(frame(7))
    settle(recorder)
    detector.roi = BOX
    recorder.refuse()
    recorder.offer(frame(8))
    recorder.offer(frame(8))
    done = recorder.stop().result(5)
    assert (done.state, done.received, done.written) == (State.IDLE, 8, 5)
    assert (done.without_face, done.dropped, done.pending, done.discarded) == (1, 2, 0, 0)
    assert done.summary() == "happy 4, sad 1; 5 of 8 frames written (1 without a face, 2 dropped)"
    found = bags.info(bag)
    assert found.complete
    assert [(t.label, t.subject, t.samples) for t in found.takes] == [
        ("happy", "Kim", 3),
        ("sad", "Kim", 1),
        ("happy", "", 1),
    ]
    assert (found.facts["camera"], found.facts["consent"]) == ("test camera", "written")
    samples = list(bags.stored(bag))
    assert [s.stamp for s in samples] == [2, 3, 4, 5, 8]
    assert {s.picture for s in samples} == {PICTURE}  # as it came, not encoded anew
    assert {s.roi for s in samples} == {BOX}
    assert set(detector.shapes) == {(48, 64)}


def test_limits(make: Callable[..., Recorder]) -> None:
    recorder = make()
    recorder.start("happy", samples=3).result(5)
    for stamp in range(1, 8):
        recorder.offer(frame(stamp))
    settle(recorder)
    status = recorder.status()
    assert (status.state, status.message) == (State.PAUSED, "3 samples are recorded")
    assert recorder.discard_last().result(5) == 3
    status = recorder.status()
    assert (status.discarded, status.written, status.received) == (3, 3, 3)
    assert status.counts["happy"] == 0
    bag = recorder.start("sad", seconds=0.2).result(5)
    stamp = 100
    while recorder.status().state == State.RECORDING:
        recorder.offer(frame(stamp))
        stamp += 1
        time.sleep(0.005)
    status = recorder.status()
    assert (status.state, status.message) == (State.PAUSED, "0.2 s are over")
    recorder.stop().result(5)
    assert bags.info(bag).labels == {"sad": status.counts["sad"]}
    assert [s.take for s in bags.stored(bag)] == [2] * status.counts["sad"]


def test_a_time_limit_ends_also_without_frames(make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_ros.core.recording.session.FIRST_FRAME", 0.1)
    recorder = make()
    bag = recorder.start("sad", seconds=0.1).result(5)
    wait_until(lambda: recorder.status().state != State.RECORDING)
    assert recorder.stop().result(5).summary() == "no samples; 0 of 0 frames written"
    assert not bag.exists()


def test_slow_writing_never_blocks_and_is_counted(make: Callable[..., Recorder], detector: Steered) -> None:
    recorder = make(queue=5)
    recorder.start("happy").result(5)
    detector.gate.clear()
    for stamp in range(1, 101):  # would wait for ten seconds each if it waited
        recorder.offer(frame(stamp))
    status = recorder.status()
    assert status.dropped >= 94
    assert status.received == 100
    detector.gate.set()
    done = recorder.stop().result(5)
    assert done.written + done.dropped == done.received == 100


def test_faces_of_inference_are_preferred(make: Callable[..., Recorder], detector: Steered) -> None:
    recorder = make()
    finder: FaceFinder = recorder.finder  # type: ignore[attr-defined]
    bag = recorder.start("happy").result(5)
    finder.tell(1, TOLD)
    recorder.offer(frame(1))
    recorder.offer(frame(2))  # waits for inference, which skips it
    time.sleep(0.02)
    finder.tell(3, None)
    recorder.offer(frame(3))
    recorder.stop().result(5)
    assert [(s.stamp, s.roi, s.eyes) for s in bags.stored(bag)] == [(1, TOLD.roi, TOLD.eyes), (2, BOX, None)]
    assert len(detector.shapes) == 1


def test_without_a_face_if_asked_for(make: Callable[..., Recorder], detector: Steered) -> None:
    recorder = make(record_without_face=True)
    detector.roi = None
    bag = recorder.start("happy").result(5)
    recorder.offer(Incoming(1, "camera", image=np.full((48, 64, 3), 90, np.uint8)))
    recorder.stop().result(5)
    (sample,) = bags.read(bag)
    assert sample.roi is None
    assert abs(int(sample.image.mean()) - 90) <= 2
    assert detector.shapes == [(48, 64, 3)]


def test_a_bag_goes_on_by_name(make: Callable[..., Recorder]) -> None:
    recorder = make()
    for label in ("happy", "sad"):
        bag = recorder.start(label, bag="mine").result(5)
        recorder.offer(frame(1))
        recorder.stop().result(5)
    assert bag.name == "mine"
    assert bags.info(bag).labels == {"happy": 1, "sad": 1}
    assert recorder.status().counts["happy"] == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"label": ""}, "the label is empty: choose one of angry"),
        ({"label": "hapy"}, "did you mean 'happy'"),
        ({"label": "none of these", "bag": "../up"}, "bag name '../up' is not allowed"),
        ({"label": "happy", "bag": "/etc"}, "not allowed"),
        ({"label": "happy", "subject": "x" * 100}, "subject"),
        ({"label": "happy", "subject": "a\x1b[2J"}, "subject"),
        ({"label": "happy", "seconds": -1.0}, "not allowed"),
        ({"label": "happy", "seconds": float("nan")}, "not allowed"),
    ],
)
def test_bad_requests_change_nothing(
    make: Callable[..., Recorder], tmp_path: Path, arguments: dict[str, object], words: str
) -> None:
    recorder = make()
    with pytest.raises(ConfigError) as caught:
        recorder.start(**arguments).result(5)  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert not recorder.active
    assert recorder.status().state == State.IDLE
    assert list((tmp_path / "bags").glob("*")) == []


def test_nothing_to_stop_or_take_back(make: Callable[..., Recorder]) -> None:
    recorder = make()
    for command in (recorder.stop, recorder.pause, recorder.discard_last):
        with pytest.raises(ConfigError):
            command().result(5)
    recorder.start("happy").result(5)
    recorder.pause().result(5)
    with pytest.raises(ConfigError, match="no take to discard"):
        recorder.discard_last().result(5)


def test_a_full_disk_ends_the_take(make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = make(min_free_mb=10)
    free = {"blocks": 1 << 30}
    disk = namedtuple("disk", "f_bavail f_frsize f_flag")
    monkeypatch.setattr("os.statvfs", lambda path: disk(free["blocks"], 4096, 0))
    bag = recorder.start("happy").result(5)
    recorder.offer(frame(1))
    free["blocks"] = 1
    wait_until(lambda: recorder.status().state == State.FAILED)
    assert "less than 10 MB are free" in recorder.status().message
    with pytest.raises(FerError, match="free some space"):
        recorder.start("sad").result(5)
    free["blocks"] = 1 << 30
    recorder.start("sad").result(5)  # goes on in the same bag
    recorder.offer(frame(2))
    recorder.stop().result(5)
    assert bags.info(bag).labels == {"happy": 1, "sad": 1}


def test_a_failing_detector_ends_the_take_not_the_recorder(make: Callable[..., Recorder], detector: Steered) -> None:
    recorder = make()
    bag = recorder.start("happy").result(5)
    recorder.offer(frame(1))
    settle(recorder)
    detector.error = RuntimeError("out of order")
    recorder.offer(frame(2))
    wait_until(lambda: recorder.status().state == State.FAILED)
    assert recorder.status().message == "RuntimeError: out of order"
    detector.error = None
    done = recorder.stop().result(5)
    assert (done.received, done.written, done.dropped) == (2, 1, 1)
    assert bags.info(bag).labels == {"happy": 1}


def test_each_second_what_was_recorded_is_safe(make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[float] = []
    monkeypatch.setattr("fer_ros.core.bags.mcap_file.sync_file", lambda handle: synced.append(time.monotonic()))
    recorder = make()
    recorder.start("happy").result(5)
    recorder.offer(frame(1))
    # The camera is silent from now on: what is written becomes safe all the same.
    wait_until(lambda: len(synced) >= 2)
