"""The sample is the same every time and says what it needs. That it is always found: see the test of the detector."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource


def opened(**settings: float) -> SampleSource:
    source = SampleSource(SampleSettings(**{"width": 160, "height": 120, **settings}))  # type: ignore[arg-type]
    source.open()
    return source


def test_a_frame_follows_from_the_seed_and_its_number() -> None:
    one, same, other = opened(), opened(), opened(seed=1)
    for index in (0, 50, 10_000):
        assert np.array_equal(one.picture(index), same.picture(index))
        assert not np.array_equal(one.picture(index), other.picture(index))
    assert not np.array_equal(one.picture(0), one.picture(1))


def test_frames_have_the_size_asked_for_a_stamp_and_what_they_show() -> None:
    ticks = iter(range(100, 200))
    source = SampleSource(SampleSettings(width=200, height=100, fps=0.0), clock=lambda: next(ticks))
    source.open()
    frames = [source.read(1.0) for _ in range(3)]
    assert [frame.stamp for frame in frames] == [100, 101, 102]
    assert all(f.image.shape == (100, 200, 3) and f.image.dtype == np.uint8 and f.truth == "happy" for f in frames)
    assert "200x100" in source.description
    source.close()
    with pytest.raises(SourceUnavailable):
        source.read(1.0)


def test_scikit_image_is_not_imported_and_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    if "skimage" not in sys.modules:
        opened()
        assert "skimage" not in sys.modules
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install scikit-image"):
        opened()
