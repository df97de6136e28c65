"""Whose box a frame gets: that of inference, or our own detector's."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.settings import make as make_settings
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.recording import FaceFinder, Incoming, settings_for
from fer_ros.core.recording.faces import KEPT, PATIENCE

OWN = Face(Roi(0, 0, 5, 5), 1.0, 1)
TOLD = Face(Roi(1, 2, 3, 4), 0.9, 7, ((1.5, 3.0), (3.5, 3.5)))


class Own(Detector):
    """Always finds the same."""

    def detect(self, image: ImageArray) -> list[Face]:
        return [OWN]


def _frame(stamp: int) -> Incoming:
    return Incoming(stamp, "", image=np.zeros((8, 8), np.uint8))


def test_what_inference_told_is_taken_once() -> None:
    finder = FaceFinder(Own())
    finder.tell(1, TOLD)
    finder.tell(2, None)
    assert [finder.find(_frame(1)), finder.find(_frame(2)), finder.find(_frame(1))] == [TOLD, None, OWN]


def test_a_running_inference_is_waited_for_but_not_for_long() -> None:
    finder = FaceFinder(Own())
    finder.tell(1, TOLD)
    threading.Timer(0.03, finder.tell, (2, TOLD)).start()
    assert finder.find(_frame(2)) == TOLD
    late = _frame(3)
    assert finder.find(late) == OWN
    assert time.monotonic() >= late.arrived + PATIENCE


def test_old_results_are_forgotten() -> None:
    finder = FaceFinder(Own())
    for stamp in range(KEPT + 1):
        finder.tell(stamp, TOLD)
    assert finder.find(_frame(0)) == OWN
    finder.reset()
    assert finder.find(_frame(KEPT)) == OWN


def test_a_damaged_picture_is_no_frame_without_a_face() -> None:
    with pytest.raises(BadImage):
        FaceFinder(Own()).find(Incoming(1, "", b"\xff\xd8\xff no picture"))


def test_settings_of_a_detector_for_recording() -> None:
    haar = registry.load("detectors", "haar")
    settings = settings_for(haar)()
    assert (settings.shown, settings.search_every, settings.min_face) == (0.0, 2.0, haar.Settings().min_face)
    haar(settings)
    with pytest.raises(ConfigError, match="out of range"):
        make_settings(settings_for(haar), {"shown": -1.0})
    whole = registry.load("detectors", "whole_frame")
    assert settings_for(whole) is whole.Settings
