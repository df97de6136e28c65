from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.timing import Backoff, Rate, Stats


def test_no_durations() -> None:
    assert Stats().summary() == {"count": 0}


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=50), st.integers(1, 20))
def test_the_summary_is_that_of_the_last_durations(values: list[float], window: int) -> None:
    stats = Stats(window)
    for value in values:
        stats.add(value)
    last, found = values[-window:], stats.summary()
    assert found["count"] == len(last)
    assert found["max"] == max(last)
    assert np.isclose(found["mean"], sum(last) / len(last))
    assert np.isclose(found["median"], np.median(last))
    assert found["median"] <= found["p95"] <= found["p99"] <= found["max"]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    now = [0.0]
    rate = Rate(2.0, lambda: now[0])
    assert rate.hz() == 0.0
    for _ in range(100):
        now[0] += 0.1
        rate.tick()
    assert np.isclose(rate.hz(), 10.0)
    for _ in range(40):
        now[0] += 0.05
        rate.tick()
    assert np.isclose(rate.hz(), 20.0)
    now[0] += 2.5
    assert rate.hz() == 0.0


def test_ticks_that_come_at_once_after_a_stall_are_no_higher_rate() -> None:
    now = [0.0]
    rate = Rate(2.0, lambda: now[0])
    for pause in (0.1, 0.1, 2.5, 0.0001):
        now[0] += pause
        rate.tick()
    assert rate.hz() <= 1.0


def test_ticks_at_one_instant_do_not_divide_by_zero() -> None:
    rate = Rate(2.0, lambda: 1.0)
    rate.tick()
    rate.tick()
    assert rate.hz() > 0.0


def test_several_threads_may_add_and_ask() -> None:
    stats, rate = Stats(100_000), Rate(1e9)

    def work() -> None:
        for _ in range(2000):
            stats.add(1.0)
            rate.tick()
            if _ % 100 == 0:
                stats.summary()
                rate.hz()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats.summary()["count"] == 8000


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_success() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next() == 0.5
