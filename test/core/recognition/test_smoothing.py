"""Labels hold still: hysteresis, uncertainty, and a memory that is bounded and cannot be poisoned."""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Face, FloatArray, Roi
from fer_ros.core.recognition.smoothing import FORGET, MAX_FACES, Reading, Smoother, SmoothingSettings, is_distribution
from fer_ros.plugins.filters.exponential import ExponentialSettings

MS = 1_000_000
START = 1_700_000_000_000_000_000


def settings(**changes: Any) -> SmoothingSettings:
    return SmoothingSettings(**{"filter": "none", "hysteresis": 0.0, **changes})


def row(*values: float) -> FloatArray:
    return np.array(values, np.float32)


def face(number: int) -> Face:
    return Face(Roi(0, 0, 10, 10), 1.0, number)


class Watch:
    """A smoother that is shown one face every 33 ms."""

    def __init__(self, smoother: Smoother, number: int = 1) -> None:
        self.smoother, self.number, self.stamp = smoother, number, START

    def see(self, *values: float, after: int = 33 * MS, quality: float = 1.0) -> Reading:
        self.stamp += after
        (reading,) = self.smoother.read([face(self.number)], row(*values)[None], self.stamp, [quality])
        return reading


def test_by_default_each_frame_is_read_for_itself() -> None:
    watch = Watch(Smoother())
    for values, label in [((0.6, 0.4), 0), ((0.49, 0.51), 1), ((0.51, 0.49), 0), ((0.5, 0.5), 0)]:
        reading = watch.see(*values)
        assert reading.label == label and reading.confidence == pytest.approx(max(values))
        np.testing.assert_array_equal(reading.probabilities, row(*values))


def test_a_label_is_kept_until_another_leads_by_the_margin() -> None:
    watch = Watch(Smoother(settings(hysteresis=0.2)))
    assert watch.see(0.55, 0.45).label == 0
    kept = watch.see(0.41, 0.59)
    assert kept.label == 0 and kept.confidence == pytest.approx(0.41)
    assert watch.see(0.39, 0.61).label == 1
    assert watch.see(0.59, 0.41).label == 1


def test_the_label_comes_from_the_smoothed_and_the_probabilities_are_the_heads_own() -> None:
    fast = ExponentialSettings(0.1)
    watch = Watch(Smoother(settings(filter="exponential"), fast))
    watch.see(1.0, 0.0)
    reading = watch.see(0.0, 1.0)
    assert reading.label == 0 and reading.confidence == pytest.approx(np.exp(-0.33), abs=1e-3)
    np.testing.assert_array_equal(reading.probabilities, row(0.0, 1.0))
    watch.smoother.configure(settings(filter="exponential", smooth_probabilities=True), fast)
    reading = watch.see(0.0, 1.0)
    assert reading.probabilities[0] == pytest.approx(np.exp(-0.66), abs=1e-3)
    assert reading.confidence == float(reading.probabilities.max())


def test_uncertain_below_the_threshold_and_certain_again_only_well_above() -> None:
    watch = Watch(Smoother(settings(hysteresis=0.1, uncertain=0.5)))
    assert watch.see(0.45, 0.3, 0.25).label is None
    assert watch.see(0.55, 0.2, 0.25).label is None, "not well above"
    certain = watch.see(0.65, 0.2, 0.15)
    assert certain.label == 0 and certain.confidence == pytest.approx(0.65)
    assert watch.see(0.51, 0.3, 0.19).label == 0
    lost = watch.see(0.3, 0.36, 0.34)
    assert lost.label is None and lost.confidence == pytest.approx(0.36)
    watch.smoother.configure(settings(hysteresis=0.1))
    assert watch.see(0.3, 0.36, 0.34).label == 1, "without a threshold there is always a label"


def test_even_the_highest_threshold_and_margin_can_be_reached() -> None:
    watch = Watch(Smoother(settings(hysteresis=1.0, uncertain=1.0)))
    assert watch.see(0.9, 0.1).label is None
    assert watch.see(1.0, 0.0).label == 0


def test_a_face_begins_anew_after_a_while_and_when_stamps_go_back_or_stand_still() -> None:
    watch = Watch(Smoother(settings(filter="exponential", hysteresis=0.5), ExponentialSettings(10.0)))
    for after in (round(1e9 * FORGET) + 1, -1, 0, -(10**15)):
        watch.see(1.0, 0.0)
        assert watch.see(0.0, 1.0).label == 0
        assert watch.see(0.0, 1.0, after=after).label == 1
        watch.smoother.reset()


def test_each_face_has_a_memory_of_its_own_and_an_untracked_one_has_none() -> None:
    smoother = Smoother(settings(filter="exponential"), ExponentialSettings(10.0))
    faces, other = [face(1), face(2), face(0)], np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    assert [r.label for r in smoother.read(faces, other, START)] == [0, 1, 0]
    swapped = smoother.read(faces, other[:, ::-1], START + 33 * MS)
    assert [r.label for r in swapped] == [0, 1, 1]
    # The same number twice in a frame: no one's memory.
    assert [r.label for r in smoother.read([face(1), face(1)], other[:2], START + 66 * MS)] == [0, 1]


def test_another_filter_begins_anew_and_other_settings_go_on() -> None:
    slow = settings(filter="exponential")
    watch = Watch(Smoother(slow, ExponentialSettings(10.0)))
    watch.see(1.0, 0.0)
    watch.smoother.configure(slow, ExponentialSettings(5.0))
    assert watch.see(0.0, 1.0).label == 0
    watch.smoother.configure(settings(filter="bayes"))
    assert watch.see(0.0, 1.0).label == 1
    watch.smoother.reset()
    assert watch.see(1.0, 0.0).label == 0


def test_an_unknown_filter_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"filter.*'median'.*exponential"):
        SmoothingSettings(filter="median")


BROKEN = [(np.nan, 0.5), (0.0, 0.0), (np.inf, 0.0), (-1.0, 2.0), (5.0, 5.0), (-np.inf, np.inf)]


@pytest.mark.parametrize("name", ["none", "exponential", "bayes"])
@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_distribution_leaves_no_trace(name: str, broken: tuple[float, float]) -> None:
    clean, other = (Watch(Smoother(settings(filter=name))) for _ in range(2))
    assert other.see(*broken).label is None
    other.stamp = START
    for values in [(0.9, 0.1), (0.7, 0.3)]:
        expected = clean.see(*values)
        seen = other.see(*values)
        assert (seen.label, seen.confidence) == (expected.label, expected.confidence)
        assert other.see(*broken, after=1).label == expected.label
        other.stamp -= 1


any_row = arrays.arrays(np.float32, (3,), elements=st.floats(width=32))


def test_a_face_that_cannot_be_read_is_uncertain_and_its_probabilities_stay() -> None:
    watch = Watch(Smoother(settings(min_quality=0.5)))
    refused = watch.see(0.2, 0.8, quality=0.1)
    assert refused.label is None and refused.confidence == pytest.approx(0.8)
    assert refused.probabilities.tolist() == row(0.2, 0.8).tolist()
    assert watch.see(0.2, 0.8, after=700 * MS, quality=1.0).label == 1
    for _ in range(20):  # about the threshold it does not flicker
        assert watch.see(0.2, 0.8, quality=0.55).label == 1
    watch.see(0.2, 0.8, after=700 * MS, quality=1.0)
    assert watch.see(0.2, 0.8, quality=0.0).label == 1, "one bad frame is none"
    assert [watch.see(0.2, 0.8, quality=0.2).label for _ in range(9)][-1] is None
    assert [watch.see(0.2, 0.8, quality=0.55).label for _ in range(40)][-1] is None
    watch.smoother.configure(settings(min_quality=0.0))
    assert watch.see(0.2, 0.8, quality=0.0).label == 1, "0: never"
    assert Watch(Smoother(settings(min_quality=1.0))).see(0.2, 0.8).label == 1, "1 is within reach"


good_row = arrays.arrays(np.float32, (3,), elements=st.floats(0, 1, width=32)).map(
    lambda a: (a + np.float32(1e-3)) / (a + np.float32(1e-3)).sum()
)
frames = st.lists(
    st.tuples(
        st.integers(-(10**10), 10**10), st.lists(st.tuples(st.integers(0, 2**32), any_row | good_row), max_size=4)
    ),
    max_size=20,
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["none", "exponential", "bayes"])
@pytest.mark.parametrize("threshold", [0.0, 0.6])
def test_whatever_comes_the_readings_are_sound(name: str, threshold: float) -> None:
    smoother = Smoother(settings(filter=name, hysteresis=0.1, uncertain=threshold))

    @given(frames)
    @hypothesis.settings(max_examples=40)
    def check(frames: Any) -> None:
        smoother.reset()
        _are_sound(smoother, frames, threshold)

    check()


def _are_sound(smoother: Smoother, frames: Any, threshold: float) -> None:
    stamp = START
    for step, seen in frames:
        stamp += step
        rows = np.array([values for _, values in seen], np.float32).reshape(-1, 3)
        for reading, values in zip(smoother.read([face(n) for n, _ in seen], rows, stamp), rows, strict=True):
            assert 0.0 <= reading.confidence <= 1.001
            if is_distribution(values) and not threshold:
                assert reading.label in (0, 1, 2)


def test_its_memory_is_bounded() -> None:
    smoother = Smoother(settings(filter="bayes"))
    rows = np.full((3, 2), 0.5, np.float32)
    for n in range(2 * MAX_FACES):
        smoother.read([face(3 * n + k + 1) for k in range(3)], rows, START + n)
        assert len(smoother._tracks) <= MAX_FACES
    smoother.read([], rows[:0], START + 2 * round(1e9 * FORGET))
    assert not smoother._tracks
