"""Core values as messages: nothing is lost on the way, and what a foreign bundle states cannot break it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from fer_ros.core.base.errors import BadImage
from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi, StageTimes
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.nodes.messages import recognition as messages

LABELS = ("sad", "happy")


@given(st.integers(1, 2**31 * 10**9 - 1))
def test_stamps_keep_every_nanosecond(nanoseconds: int) -> None:
    assert messages.nanoseconds(messages.time_message(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(("sec", "nanosec"), [(0, 0), (-1, 5), (-(2**31), 0), (5, 10**9), (5, 2**32 - 1)])
def test_stamps_that_are_no_time_are_refused(sec: int, nanosec: int) -> None:
    with pytest.raises(BadImage) as caught:
        messages.nanoseconds(Time(sec=sec, nanosec=nanosec))
    assert caught.value.reason == "stamp"


def emotion(x: int, confidence: float) -> Emotion:
    probabilities = np.array([1 - confidence, confidence], np.float32)
    return Emotion(Face(Roi(x, 2, 30, 40), 0.5, x), "happy", confidence, LABELS, probabilities, "😄", ("😀", "🙂"))


def test_every_face_carries_header_times_and_all_probabilities() -> None:
    frame = Frame(np.zeros((50, 90), np.uint8), 7_000_000_001, "optical")
    result = Result(frame, [emotion(1, 0.75), emotion(5, 0.5)], "m", StageTimes(8, 9, 10, 11))
    message = messages.emotions(result)
    assert len(message.emotions) == 2
    for part in (message, *message.emotions):
        assert part.header == messages.header(frame) and part.model == "m"
        assert [getattr(part.times, s).nanosec for s in ("received", "detected", "classified", "published")] == [
            8,
            9,
            10,
            11,
        ]
    first = message.emotions[0]
    assert (first.label, first.confidence, list(first.labels)) == ("happy", 0.75, ["sad", "happy"])
    assert list(first.probabilities) == [0.25, 0.75]
    assert (first.emoticon, list(first.emoticons), first.face_id) == ("😄", ["😀", "🙂"], 1)
    assert (first.roi.x_offset, first.roi.y_offset, first.roi.width, first.roi.height) == (1, 2, 30, 40)


def test_eyes_and_what_hinders_the_reading_are_told() -> None:
    one, other = emotion(1, 0.75), emotion(5, 0.5)
    seen = replace(one, face=replace(one.face, eyes=((-2.5, 12.0), (18.0, 13.25))), quality=0.25, hindrance="dark")
    message = messages.emotions(Result(Frame(np.zeros((50, 90), np.uint8), 1), [seen, other], "m"))
    got = deserialize_message(serialize_message(message), type(message))
    assert [(eye.x, eye.y, eye.z) for eye in got.emotions[0].eyes] == [(-2.5, 12.0, 0.0), (18.0, 13.25, 0.0)]
    assert list(got.emotions[1].eyes) == []
    assert [(face.quality, face.hindrance) for face in got.emotions] == [(0.25, "dark"), (1.0, "")]


def test_no_face_is_an_empty_array() -> None:
    message = messages.emotions(Result(Frame(np.zeros((5, 5), np.uint8), 1), [], "m"))
    assert len(message.emotions) == 0


def test_the_shipped_model_is_told_with_its_quality() -> None:
    bundle = Bundle.load("default")
    quality = {
        "split": "three faces",
        "count": 3,
        "accuracy": 0.5,
        "macro_precision": 0.25,
        "macro_recall": 0.75,
        "macro_f1": 0.125,
        "confusion": [[1, 2], [0, 0]],
        "per_class": {label: {"precision": 0.5, "recall": 1.0, "f1": 0.25, "count": 3} for label in LABELS},
    }
    info = messages.model_info(replace(bundle, labels=LABELS, quality=quality), 5)
    assert info.header.stamp.nanosec == 5 and info.header.frame_id == ""
    assert (info.name, info.path, list(info.labels)) == (bundle.name, str(bundle.path), ["sad", "happy"])
    assert len(info.sha256) == 64 and info.bytes > 100_000
    assert (info.backbone, info.input_width) == (bundle.backbone.plugin, bundle.input.width)
    assert info.dataset == "three faces"
    assert (info.metrics.count, info.metrics.macro_f1, list(info.metrics.confusion)) == (3, 0.125, [1, 2, 0, 0])
    assert list(info.metrics.support) == [3, 3]
    assert info.metrics.accuracy_low < 0.15 and info.metrics.accuracy_high > 0.85  # three faces tell little
    stated = messages.model_info(replace(bundle, labels=LABELS, quality={**quality, "interval": [0.25, 0.75]}), 5)
    assert (stated.metrics.accuracy_low, stated.metrics.accuracy_high) == (0.25, 0.75)
    many = messages.model_info(replace(bundle, labels=LABELS, quality={**quality, "count": 4_000_000_000}), 5)
    assert 0.49 < many.metrics.accuracy_low <= many.metrics.accuracy_high < 0.51
    for wrong in ({"interval": "ab"}, {"interval": [0.1]}, {"accuracy": float("nan")}, {"count": 10**30}):
        told = messages.model_info(replace(bundle, labels=LABELS, quality={**quality, **wrong}), 5)
        assert told.metrics.count == 0 and math.isnan(told.metrics.accuracy_high), wrong


@pytest.mark.parametrize(
    "quality", [{}, {"count": -1}, {"count": "many", "confusion": 5}, {"per_class": {"sad": None}, "accuracy": "x"}]
)
def test_a_quality_that_cannot_be_understood_counts_as_not_measured(quality: dict[str, object]) -> None:
    bundle = replace(Bundle.load("default"), labels=LABELS, quality=quality, data={"parameters": -5})
    info = messages.model_info(bundle, 1)
    assert info.metrics.count == 0 and math.isnan(info.metrics.accuracy) and info.parameters == 0
