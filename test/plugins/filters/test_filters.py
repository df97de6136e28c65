"""The filters that ship: in seconds and not in frames, always a distribution, deaf to what is no evidence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Filter
from fer_ros.core.base.types import FloatArray
from fer_ros.core.recognition.smoothing import is_distribution
from fer_ros.core.vision.softmax import softmax
from fer_ros.plugins.filters.bayes import BayesFilter, BayesSettings
from fer_ros.plugins.filters.exponential import ExponentialFilter, ExponentialSettings
from fer_ros.plugins.filters.none import NoFilter

#: Loaded once, as looking for entry points takes its time.
PLUGINS = registry.load_all("filters")
A, B = np.array([0.8, 0.1, 0.1], np.float32), np.array([0.1, 0.8, 0.1], np.float32)

logits = arrays.arrays(np.float32, (12, 5), elements=st.floats(-60, 60, width=32))
pauses = st.lists(st.floats(1e-9, 1e9), min_size=12, max_size=12)


def after(plugin: Filter, seconds: float, fps: int) -> FloatArray:
    """What is told when A was shown for long and then B for some seconds."""
    plugin.update(A, 0.0)
    for _ in range(3 * fps):
        plugin.update(A, 1.0 / fps)
    for _ in range(round(seconds * fps)):
        found = plugin.update(B, 1.0 / fps)
    return found


def test_none_gives_what_it_gets() -> None:
    plugin = NoFilter()
    assert plugin.update(A, 0.0) is A and plugin.update(B, 0.1) is B


@pytest.mark.parametrize("fps", [5, 30, 240])
def test_exponential_follows_in_its_time_at_any_frame_rate(fps: int) -> None:
    found = after(ExponentialFilter(ExponentialSettings(0.2)), 0.4, fps)
    np.testing.assert_allclose(found, B + math.exp(-2.0) * (A - B), atol=1e-4)


def test_exponential_takes_a_changed_time_constant_and_0_means_at_once() -> None:
    plugin = ExponentialFilter(ExponentialSettings(10.0))
    plugin.update(A, 0.0)
    assert plugin.update(B, 0.1).argmax() == 0
    plugin.settings = ExponentialSettings(0.0)
    np.testing.assert_array_equal(plugin.update(B, 0.1), B)


def test_bayes_is_the_forward_step_written_out() -> None:
    plugin = BayesFilter(BayesSettings(change_rate=2.0, evidence_time=0.1))
    plugin.update(A, 0.0)
    found = plugin.update(B, 0.05)
    same = math.exp(-2.0 * 0.05)
    # The chance to be in i now: it stayed there, or it was drawn anew, then the evidence of half an independent frame.
    weights = [(same * float(A[i]) + (1 - same) / 3) * math.sqrt(float(B[i])) for i in range(3)]
    np.testing.assert_allclose(found, [w / sum(weights) for w in weights], rtol=1e-5)


def test_bayes_is_nearly_the_same_at_any_frame_rate() -> None:
    """Not exactly: changing and seeing take turns once a frame."""
    found = [after(BayesFilter(), 0.2, fps)[1] for fps in (20, 30, 60, 240)]
    assert max(found) - min(found) < 0.05


def test_bayes_recovers_from_certainty() -> None:
    sure, other = np.array([1, 0, 0], np.float32), np.array([0, 1, 0], np.float32)
    plugin = BayesFilter(BayesSettings(change_rate=0.001))
    plugin.update(sure, 0.0)
    for _ in range(3000):
        plugin.update(sure, 0.033)
    for _ in range(60):
        found = plugin.update(other, 0.033)
    assert found[1] > 0.9


@pytest.mark.parametrize("name", PLUGINS)
@given(logits, pauses)
def test_probabilities_stay_a_distribution(name: str, rows: Any, pauses: list[float]) -> None:
    plugin = PLUGINS[name]()
    for row, pause in zip(softmax(rows), [0.0, *pauses], strict=False):
        found = plugin.update(row, pause)
        assert found.shape == row.shape and found.dtype == np.float32 and is_distribution(found)


@pytest.mark.parametrize("name", PLUGINS)
@given(logits, pauses)
def test_what_is_always_said_stays_the_most_probable(name: str, rows: Any, pauses: list[float]) -> None:
    plugin, row = PLUGINS[name](), softmax(rows)[0]
    for pause in [0.0, *pauses]:
        found = plugin.update(row, pause)
        assert found[int(row.argmax())] >= found.max() - 1e-6
