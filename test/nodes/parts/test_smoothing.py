"""The parameters that choose the label, set over DDS while frames go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from rcl_interfaces.srv import ListParameters, SetParameters
from rclpy.parameter import Parameter

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Frame
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages

pytestmark = pytest.mark.ros

PERIOD = 33_333_333


def test_smoothing_is_set_live(ros: Any, bench_with: Callable[..., Any], face: np.ndarray) -> None:
    bench = bench_with(**{"filters.bayes.change_rate": 0.25})
    stamp = bench.STAMP

    def put(**values: Any) -> list[str]:
        """Set parameters; gives why each was refused, empty where it was not."""
        parameters = [Parameter(n.replace("__", "."), value=v).to_parameter_msg() for n, v in values.items()]
        answer = ros.call(bench.probe, SetParameters, "/fer/inference/set_parameters", parameters=parameters)
        return [result.reason for result in answer.results]

    def show(picture: np.ndarray) -> Any:
        nonlocal stamp
        stamp += PERIOD
        return bench.send(images.image(picture, messages.header(Frame(picture, stamp, "eye")))).emotions[0]

    noise = np.random.default_rng(0).normal(0.0, 10.0, face.shape)
    dull = np.clip(cv2.GaussianBlur(face, (0, 0), 8.0) + noise, 0, 255).astype(np.uint8)
    sharp, blurred = show(face), show(dull)
    raw = np.array(blurred.probabilities)
    assert sharp.label == "happy" and np.abs(raw - sharp.probabilities).max() > 0.03
    assert abs(blurred.confidence - raw[list(blurred.labels).index(blurred.label)]) > 0.02, "that one is smoothed"

    assert put(smooth_probabilities=True, filters__exponential__time_constant=10.0) == ["", ""]
    held = show(dull)
    assert held.label == "happy" and held.confidence == max(held.probabilities) != pytest.approx(max(raw), abs=0.02)

    assert put(uncertain=1.0) == [""]
    unknown = show(face)
    assert unknown.label == "uncertain" and unknown.label not in unknown.labels and unknown.emoticon
    assert unknown.confidence == max(unknown.probabilities) > 0.5

    assert put(uncertain=0.0, filter="bayes") == ["", ""]
    assert show(face).label == "happy"
    known = ros.call(bench.probe, ListParameters, "/fer/inference/list_parameters").result.names
    assert {"filters.exponential.time_constant", "filters.bayes.change_rate"} <= set(known)
    assert bench.node.get_parameter("filters.bayes.change_rate").value == 0.25
    assert put(filters__bayes__change_rate=5.0) == [""]

    (reason,) = put(filter="median")
    assert "'median'" in reason and "exponential" in reason
    (reason,) = put(hysteresis=1.5)
    assert reason
    assert put(filter="none", smooth_probabilities=False, hysteresis=0.0) == ["", "", ""]
    plain = show(dull)
    assert plain.confidence == max(plain.probabilities)
    assert plain.labels[int(np.argmax(plain.probabilities))] == plain.label


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("filter", "median", "'median'"),
        ("filters.exponential.time_constant", -1.0, "out of range"),
        ("filters.exponential.time", 0.1, "filters.exponential.time_constant"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(ros: Any, name: str, value: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        InferenceNode(namespace="/fer", settings={name: str(value)})
