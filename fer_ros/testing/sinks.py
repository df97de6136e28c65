"""The check of sinks."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi, StageTimes
from fer_ros.testing.common import check_class, check_configure, ensure

LABELS = ("happy", "sad", "none of these")
START, STEP = 1_700_000_000_000_000_000, 33_333_333
#: Seconds that a few results may take.
TIMEOUT = 20.0


def result(number: int, faces: int) -> Result:
    """The result of one frame, as fer_ros gives it; some faces have odd labels."""
    emotions = []
    for index in range(faces):
        probabilities = np.array([0.7, 0.2, 0.1], np.float32)
        label = "uncertain" if number % 5 == 4 else LABELS[(number + index) % len(LABELS)]
        face = Face(Roi(4 * index, 2, 30 - index, 30), 0.9, index + 1)
        emotions.append(Emotion(face, label, 0.7, LABELS, probabilities, "😀" if number % 2 else "", ("😀",)))
    stamp = START + number * STEP
    times = StageTimes(*(stamp + step * 1_000_000 for step in (1, 5, 8, 9)))
    frame = Frame(np.zeros((48, 64, 3) if number % 2 else (48, 64), np.uint8), stamp)
    return Result(frame, emotions, "check", times)


def check_sink(cls: type[Sink], settings: Any = None, node: Any = None, results: int = 20) -> None:
    """Check a sink with results of no, one and several faces, in a thread as in fer_ros.

    :param settings: an instance of its ``Settings``; None takes the defaults.
    :param node: the ROS node that it gets; needed if it states ``needs_node``.
    :param results: the number of results it gets.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Sink)
    name = cls.__name__
    ensure(node is not None or not cls.needs_node, f"{name} needs a ROS node: call check_sink(…, node=node)")
    problems: list[BaseException] = []

    def life() -> None:
        try:
            sink = cls(settings)
            ensure(isinstance(sink.settings, cls.Settings), f"{name}.__init__ must keep the settings")
            sink.node = node
            sink.open()
            for number in range(results):
                sink.write(result(number, number % 3))
                if number == results // 2:
                    check_configure(sink)
            sink.close()
            # One that never got a result, and one that was never opened, are closed too.
            for opened in (True, False):
                unused = cls(settings)
                unused.node = node
                if opened:
                    unused.open()
                unused.close()
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=life, name="check_sink", daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    ensure(not thread.is_alive(), f"{name} took more than {TIMEOUT:g} s for {results} results")
    if problems:
        error = problems[0]
        if isinstance(error, AssertionError):
            raise error
        raise AssertionError(f"{name} raised {type(error).__name__}: {error}") from error
