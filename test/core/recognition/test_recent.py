"""The last second is kept, in ten frames and a bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.types import Frame, Result
from fer_ros.core.recognition import recent as module
from fer_ros.core.recognition.recent import Recent


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def result(stamp: int) -> Result:
    return Result(Frame(np.zeros((40, 50, 3), np.uint8), stamp), [], "default")


def test_ten_frames_cover_the_last_second() -> None:
    clock = Clock()
    recent = Recent(clock)
    for number in range(1, 61):
        clock.now += 1 / 30
        recent.add(result(number))
    stamps = [kept.frame.stamp for kept in recent.results()]
    assert 8 <= len(stamps) <= 10 and stamps == sorted(stamps) and stamps[0] >= 30 and stamps[-1] >= 57
    clock.now += 0.5
    assert [kept.frame.stamp for kept in recent.results()] == [stamp for stamp in stamps if stamp > 45]
    clock.now += 0.6
    assert not recent.results()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "BYTES", 13_000)
    recent = Recent(clock)
    for number in range(1, 6):
        clock.now += 0.1
        recent.add(result(number))
    assert [kept.frame.stamp for kept in recent.results()] == [4, 5]
    recent.forget()
    assert not recent.results()
