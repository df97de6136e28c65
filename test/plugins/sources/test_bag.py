"""A bag played as the camera."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.contracts import EndOfSource
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.plugins.sources.bag import BagSettings, BagSource

START = 1_700_000_000_000_000_000


@pytest.fixture
def bag(fer_home: Path) -> Path:
    """Two takes of three frames, 20 ms apart, with an hour between them."""
    folder = fer_home / "bags" / "mine"
    with bags.BagWriter(folder, {}) as writer:
        for take, label in enumerate(("happy", "sad")):
            writer.begin_take(label)
            for number in range(3):
                level = 40 * (3 * take + number)
                picture = cv2.imencode(".png", np.full((20, 30, 3), level, np.uint8))[1].tobytes()
                writer.write(START + take * 3600 * 10**9 + number * 20_000_000, picture, None)
    return folder


def _levels(source: BagSource, count: int) -> list[int]:
    return [int(source.read(1.0).image[0, 0, 0]) for _ in range(count)]


def test_every_frame_with_its_label(bag: Path) -> None:
    source = BagSource(BagSettings(path="mine", realtime=False, keep_stamps=True))
    with pytest.raises(SourceUnavailable):
        source.read(1.0)
    source.open()
    frames = [source.read(1.0) for _ in range(6)]
    assert [int(f.image[0, 0, 0]) for f in frames] == [0, 40, 80, 120, 160, 200]
    assert [f.truth for f in frames] == ["happy"] * 3 + ["sad"] * 3
    assert [f.stamp for f in frames[:3]] == [START, START + 20_000_000, START + 40_000_000]
    with pytest.raises(EndOfSource):
        source.read(1.0)
    assert "6 frames" in source.description
    source.close()
    source.open()  # again, from the beginning
    assert _levels(source, 1) == [0]


def test_loop_and_stamps_of_now(bag: Path) -> None:
    ticks = iter(range(1, 100))
    source = BagSource(BagSettings(path=str(bag), realtime=False, loop=True), clock=lambda: next(ticks))
    source.open()
    assert [source.read(1.0).stamp for _ in range(8)] == list(range(1, 9))
    assert _levels(source, 2) == [80, 120]


def test_played_at_the_speed_of_recording_with_pauses_shortened(bag: Path) -> None:
    source = BagSource(BagSettings(path="mine", max_gap=0.3, loop=True))
    source.open()
    begin = time.monotonic()
    seen = _levels(source, 1)
    while seen[-1] != 120:
        seen += _levels(source, 1)
    # 2 x 20 ms and the pause; never faster, on a busy machine with frames left out.
    assert time.monotonic() - begin >= 0.33
    assert seen == sorted(seen)
    time.sleep(0.1)
    assert _levels(source, 1) == [200]  # the one between is over


def test_what_is_no_bag(fer_home: Path) -> None:
    with pytest.raises(ConfigError, match="no bag given"):
        BagSource(BagSettings())
    with pytest.raises(ConfigError, match="unknown bag 'yours'"):
        BagSource(BagSettings(path="yours")).open()
