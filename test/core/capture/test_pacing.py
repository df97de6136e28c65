"""Slots of a steady rate."""

from __future__ import annotations

import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.capture import pacing
from fer_ros.core.capture.pacing import Pacer


class FakeTime:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(pacing, "time", fake)
    return fake


def test_the_rate_is_kept_without_drift(clock: FakeTime) -> None:
    pacer = Pacer(10.0)
    slots = []
    for _ in range(11):
        slots.append(pacer.wait())
        clock.now += 0.07  # the work of a frame
    assert slots == list(range(11))
    assert clock.now - 100.0 == pytest.approx(1.0 + 0.07)


def test_late_readers_miss_slots_or_get_each_one(clock: FakeTime) -> None:
    skipping, patient = Pacer(10.0), Pacer(10.0, skip=False)
    assert (skipping.wait(), patient.wait()) == (0, 0)
    clock.now += 0.55
    assert (skipping.wait(), patient.wait()) == (5, 1)
    before = clock.now
    assert patient.wait() == 2
    assert clock.now - before > 0.05, "no burst to catch up"


def test_unpaced_and_restarted(clock: FakeTime) -> None:
    pacer = Pacer(0.0)
    assert [pacer.wait() for _ in range(3)] == [0, 1, 2]
    assert clock.now == 100.0
    pacer.restart()
    assert pacer.wait() == 0


@pytest.mark.parametrize("rate", [0.5, -1.0])
def test_too_slow_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match="fps"):
        Pacer(rate)
