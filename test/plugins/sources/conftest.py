"""A real video file for the sources that read one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from fer_ros.core.base.types import Frame
from fer_ros.core.capture import pacing
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

#: Frames of the video; each shows its number as the brightness of its lower left corner.
FRAMES = 24


@pytest.fixture(scope="session")
def video_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames at 24 frames per second, 160×120, a face that moves."""
    path = tmp_path_factory.mktemp("video") / "face.avi"
    source = SampleSource(SampleSettings(width=160, height=120, fps=24.0))
    source.open()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 24.0, (160, 120))
    assert writer.isOpened()
    for index in range(FRAMES):
        image = source.picture(index)
        image[-32:, :32] = 10 * index
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="session")
def number() -> Callable[[Frame], int]:
    """Says which frame of the video it is."""
    return lambda frame: round(float(frame.image[-24:-8, 8:24].mean()) / 10)


class FakeTime:
    """A clock that only sleeping moves on: a busy machine changes nothing."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def time_ns(self) -> int:
        return round(self._now * 1e9)

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(pacing, "time", fake)
    return fake
