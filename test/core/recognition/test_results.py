"""Stages, tally and the thread of the sinks."""

from __future__ import annotations

import logging
import threading
import time

import numpy as np
import pytest

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi, StageTimes
from fer_ros.core.recognition.sink_thread import ROOM, SinkThreads
from fer_ros.core.recognition.stages import durations
from fer_ros.core.recognition.tally import Tally

MS = 1_000_000


def result(label: str | None = "happy", stamp: int = 5 * MS) -> Result:
    """Acquired at ``stamp``, then 1, 2, 3 and 4 ms for the stages."""
    times = StageTimes(stamp + MS, stamp + 3 * MS, stamp + 6 * MS, stamp + 10 * MS)
    emotions = []
    if label is not None:
        face = Face(Roi(0, 0, 1, 1), 1.0, 1)
        emotions = [Emotion(face, label, 1.0, (label,), np.ones(1, np.float32))]
    return Result(Frame(np.zeros((1, 1), np.uint8), stamp), emotions, "m", times)


def test_durations_are_between_neighbouring_stamps() -> None:
    expected = {"receive": 0.001, "detect": 0.002, "classify": 0.003, "publish": 0.004, "total": 0.010}
    assert durations(result()) == pytest.approx(expected)


def test_the_tally_counts_labels_and_frames_without_a_face() -> None:
    tally = Tally()
    for label in ("sad", "happy", None, "happy"):
        tally.add(result(label))
    facts = tally.to_dict()
    assert (facts["frames"], facts["without_face"], facts["labels"]) == (4, 1, {"happy": 2, "sad": 1})
    assert facts["median_ms"] == {"receive": 1.0, "detect": 2.0, "classify": 3.0, "publish": 4.0, "total": 10.0}
    assert "4 frames, 1 without a face" in tally.text() and "happy 2, sad 1" in tally.text()


def test_an_empty_tally_has_a_text() -> None:
    assert Tally().text() == "0 frames, 0 without a face"


class Kept(Sink):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []
        self.threads: list[str] = []

    def open(self) -> None:
        self.note("open")

    def write(self, result: Result) -> None:
        self.note(result.frame.stamp)

    def configure(self, settings: object) -> None:
        self.note(settings)

    def close(self) -> None:
        self.note("close")

    def note(self, call: object) -> None:
        """Keep what was called, and in which thread."""
        self.calls.append(call)
        self.threads.append(threading.current_thread().name)


class Failing(Kept):
    """Fails at its second result."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, result: Result) -> None:
        super().write(result)
        if len(self.calls) == 3:
            raise self.error


def test_all_results_reach_a_sink_in_order_before_it_is_closed() -> None:
    sink = Kept()
    sinks = SinkThreads({"kept": sink})
    for stamp in range(100):
        sinks.put(result(stamp=stamp))
    sinks.close(timeout=20)
    assert sink.calls == ["open", *range(100), "close"] and sinks.dropped == 0
    assert len(set(sink.threads)) == 1 and threading.current_thread().name not in sink.threads


def test_a_failing_sink_is_left_out_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    failing, working = Failing(ValueError("full")), Kept()
    with caplog.at_level(logging.WARNING):
        sinks = SinkThreads({"failing": failing, "working": working})
        for stamp in range(5):
            sinks.put(result(stamp=stamp))
        sinks.close(timeout=20)
    assert failing.calls == ["open", 0, 1, "close"] and working.calls == ["open", *range(5), "close"]
    assert caplog.messages == ["sink 'failing' is left out: ValueError: full"]


def test_a_sink_that_cannot_be_opened_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Absent(Kept):
        """Has nowhere to write to."""

        def open(self) -> None:
            raise OSError("no space")

    absent, working = Absent(), Kept()
    sinks = SinkThreads({"absent": absent, "working": working})
    sinks.put(result(stamp=1))
    sinks.close(timeout=20)
    assert absent.calls == ["close"] and working.calls == ["open", 1, "close"]
    assert "sink 'absent' is left out: OSError: no space" in caplog.text


def test_a_reader_that_has_gone_is_told() -> None:
    gone = threading.Event()
    sinks = SinkThreads({"gone": Failing(BrokenPipeError())}, gone.set)
    sinks.put(result())
    sinks.put(result())
    assert gone.wait(20)
    sinks.close(timeout=20)


def test_a_slow_sink_blocks_neither_the_frames_nor_the_others_and_what_it_misses_is_counted() -> None:
    release = threading.Event()

    class Slow(Kept):
        """Waits for the test."""

        def write(self, result: Result) -> None:
            release.wait(20)
            super().write(result)

    slow, quick = Slow(), Kept()
    sinks = SinkThreads({"slow": slow, "quick": quick})
    for stamp in range(ROOM + 10):
        sinks.put(result(stamp=stamp))
        while len(quick.calls) < 2 + stamp:
            time.sleep(0.001)
    assert 9 <= sinks.dropped <= 10, "the slow one's"
    release.set()
    sinks.close(timeout=20)
    assert slow.calls[-1] == "close" and len(slow.calls) == 2 + ROOM + 10 - sinks.dropped
    assert quick.calls == ["open", *range(ROOM + 10), "close"]


def test_new_settings_reach_a_sink_that_waits_in_its_own_thread() -> None:
    sink = Kept()
    sinks = SinkThreads({"kept": sink})
    sinks.put(result(stamp=1))
    sinks.change("kept", "louder")
    sinks.change("nobody", "louder")
    sinks.put(result(stamp=2))
    sinks.close(timeout=20)
    assert sorted(map(str, sink.calls[1:-1])) == ["1", "2", "louder"] and len(set(sink.threads)) == 1


def test_nothing_is_taken_once_sealed() -> None:
    sink = Kept()
    sinks = SinkThreads({"kept": sink})
    sinks.put(result(stamp=1))
    sinks.seal()
    sinks.put(result(stamp=2))
    sinks.close(timeout=20)
    assert sink.calls == ["open", 1, "close"]
