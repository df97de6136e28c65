"""A recorder with real bags, whose detector the test steers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.recording import FaceFinder, Incoming, Recorder, RecordingSettings
from fer_ros.core.vision.images import encode_jpeg

BOX = Roi(10, 5, 20, 20)
TOLD = Face(Roi(1, 2, 30, 31), 0.9, 7, ((8.5, 12.0), (22.25, 10.5)))
PICTURE = encode_jpeg(np.full((48, 64, 3), 128, np.uint8))


class Steered(Detector):
    """Finds what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.roi: Roi | None = BOX
        self.gate = threading.Event()
        self.gate.set()
        self.shapes: list[tuple[int, ...]] = []
        self.error: Exception | None = None

    def detect(self, image: ImageArray) -> list[Face]:
        self.gate.wait(10)
        self.shapes.append(image.shape)
        if self.error:
            raise self.error
        return [Face(self.roi, 1.0, 1)] if self.roi else []


@pytest.fixture
def detector() -> Steered:
    return Steered()


@pytest.fixture
def make(detector: Steered, tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    """``make(**settings) -> Recorder``; closed when the test ends."""
    made = []

    def make(**settings: object) -> Recorder:
        finder = FaceFinder(detector)
        chosen = RecordingSettings(**{"min_free_mb": 0, **settings})  # type: ignore[arg-type]
        made.append(Recorder(chosen, finder, lambda: {"camera": "test camera"}, tmp_path / "bags"))
        made[-1].finder = finder  # type: ignore[attr-defined]
        return made[-1]

    yield make
    detector.gate.set()
    for recorder in made:
        recorder.close()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def settle(recorder: Recorder) -> None:
    """Wait until every frame that was offered has been dealt with."""

    def settled() -> bool:
        s = recorder.status()
        return s.received == s.written + s.without_face + s.dropped

    wait_until(settled)


def frame(stamp: int) -> Incoming:
    return Incoming(stamp, "camera", PICTURE)
