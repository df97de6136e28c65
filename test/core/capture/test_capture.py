"""A source that fails is opened again and again, says so once, and frames go on when it is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from fer_ros.core.base.contracts import EndOfSource, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.capture import Capture


class Scripted(Source):
    """Answers each read and each open as a list says: an exception is raised, anything else is a frame."""

    def __init__(self, reads: list[object], opens: list[object] | None = None) -> None:
        super().__init__()
        self.reads, self.opens = list(reads), list(opens or [])
        self.calls: list[str] = []
        self.threads: set[int] = set()

    def _next(self, script: list[object]) -> None:
        self.threads.add(threading.get_ident())
        step = script.pop(0) if script else None
        if isinstance(step, Exception):
            raise step

    def open(self) -> None:
        self.calls.append("open")
        self._next(self.opens)

    def read(self, timeout: float) -> Frame:
        self.calls.append("read")
        if not self.reads:
            time.sleep(0.005)
        self._next(self.reads)
        return Frame(np.zeros((2, 2), np.uint8), stamp=len(self.calls))

    def close(self) -> None:
        self.calls.append("close")
        self.threads.add(threading.get_ident())

    @property
    def description(self) -> str:
        return "scripted"


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str) -> None:
        self.lines.append(f"info {message}")

    def warning(self, message: str) -> None:
        self.lines.append(f"warning {message}")

    def error(self, message: str) -> None:
        self.lines.append(f"error {message}")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


def test_an_outage_is_said_once_and_frames_go_on() -> None:
    gone = SourceUnavailable("camera is gone")
    source = Scripted([1, 1, gone], [None, gone, OSError("busy"), gone, None])
    frames: list[Frame] = []
    log = Lines()
    capture = Capture(source, frames.append, log, pauses=(0.001, 0.004))
    capture.start()
    until(lambda: len(frames) >= 5)
    assert capture.reading and capture.outages == 1
    assert capture.stop()
    assert log.lines == [
        "info frames come from scripted",
        "warning no frames: camera is gone; trying again until it is back",
        "info frames are back from scripted",
    ]
    assert source.calls.count("open") == 5 == source.calls.count("close")
    assert source.calls[-1] == "close" and capture.state == "stopped"
    assert len(source.threads) == 1, "a source is used by one thread"


def test_pauses_grow_and_are_short_again_after_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    gone = SourceUnavailable("gone")
    source = Scripted([1, gone, 1], [gone, gone, gone, gone, None, gone])
    done = threading.Event()
    delivered: list[Frame] = []

    def deliver(frame: Frame) -> None:
        delivered.append(frame)
        if len(delivered) == 2:
            done.set()

    capture = Capture(source, deliver, Lines(), pauses=(0.01, 0.04))
    original = threading.Event.wait

    def wait(event: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "capture" and timeout is not None:
            pauses.append(timeout)
            return False
        return original(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", wait)
    capture.start()
    assert done.wait(20)
    capture.stop()
    assert pauses[:6] == [0.01, 0.02, 0.04, 0.04, 0.01, 0.02]


def test_a_source_that_can_never_work_is_told_to_the_starter() -> None:
    capture = Capture(Scripted([], [ConfigError("no such file")]), lambda frame: None, Lines())
    with pytest.raises(ConfigError, match="no such file"):
        capture.start(wait=20)


def test_the_end_is_reported_once() -> None:
    frames: list[Frame] = []
    ended = threading.Event()
    capture = Capture(Scripted([1, 1, EndOfSource()]), frames.append, Lines(), on_end=ended.set)
    capture.start()
    assert ended.wait(20) and capture.ended
    assert capture.stop()
    assert len(frames) == 2


def test_what_a_receiver_raises_costs_only_that_frame() -> None:
    log = Lines()

    def refuse(frame: Frame) -> None:
        raise ValueError("no")

    capture = Capture(Scripted([]), refuse, log)
    capture.start()
    until(lambda: capture.failed_frames >= 3)
    capture.stop()
    assert sum("could not be delivered" in line for line in log.lines) == 1


def test_a_hanging_driver_does_not_hold_up_the_end() -> None:
    release = threading.Event()

    class Hanging(Scripted):
        def read(self, timeout: float) -> Frame:
            release.wait(20)
            raise SourceUnavailable("woke up")

    source = Hanging([])
    capture = Capture(source, lambda frame: None, Lines())
    capture.start(wait=20)
    assert capture.stop(timeout=0.05) is False
    with pytest.raises(SourceUnavailable):
        capture.start()
    release.set()
    until(lambda: source.calls[-1] == "close")
