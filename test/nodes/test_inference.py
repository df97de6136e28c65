"""The inference node fed over ROS: right answers, headers unchanged, models swapped."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from fer_msgs.msg import ModelInfo
from fer_msgs.srv import LoadModel
from fer_ros.core.base.types import Frame
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import recognition as messages

pytestmark = pytest.mark.ros

Wait = Callable[..., None]
BenchWith = Callable[..., Any]
STAMP = 1_700_000_000_123_456_789


def test_a_face_is_read_and_the_header_copied_unchanged(bench_with: BenchWith, wait: Wait, face: np.ndarray) -> None:
    bench = bench_with()
    result = bench.show(face)
    wait(lambda: bench.emotions)
    first = bench.emotions[0]
    assert len(result.emotions) == 1 and first.label == "happy" == result.emotions[0].label
    for message in (result, result.emotions[0], first):
        assert messages.nanoseconds(message.header.stamp) == STAMP and message.header.frame_id == "eye"
        times = [getattr(message.times, s) for s in ("received", "detected", "classified", "published")]
        assert [messages.nanoseconds(t) for t in times] == sorted(messages.nanoseconds(t) for t in times)
        assert message.model == "default"
    assert sum(first.probabilities) == pytest.approx(1.0, abs=1e-5)
    assert first.confidence == pytest.approx(max(first.probabilities)) and len(first.labels) == len(first.probabilities)
    assert first.emoticon and first.emoticon not in first.emoticons
    roi = first.roi
    assert roi.x_offset + roi.width <= 640 and roi.y_offset + roi.height <= 480 and roi.width > 50


def test_no_face_is_an_empty_array_and_no_emotion(bench_with: BenchWith, wait: Wait, face: np.ndarray) -> None:
    bench = bench_with()
    assert len(bench.show(np.full((120, 160, 3), 90, np.uint8)).emotions) == 0
    assert len(bench.show(face).emotions) == 1
    # Answers with a face are told twice, those without once.
    wait(lambda: len(bench.emotions) == sum(len(array.emotions) for array in bench.arrays) > 0)


def test_the_model_is_swapped_while_frames_go_on(
    bench_with: BenchWith, ros: Any, wait: Wait, face: np.ndarray, reversed_model: str
) -> None:
    bench = bench_with()
    models: list[Any] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    bench.probe.create_subscription(ModelInfo, "/fer/model", models.append, latched)
    wait(lambda: models)
    assert models[0].name == "default" and len(models[0].labels) == 7
    assert bench.show(face).emotions[0].label == "happy"

    missing = ros.call(bench.probe, LoadModel, "/fer/load_model", name="missing")
    assert not missing.success and "default" in missing.message and "reversed" in missing.message
    outside = ros.call(bench.probe, LoadModel, "/fer/load_model", name="../../etc")
    assert not outside.success
    assert bench.show(face).model == "default", "the old one stays in use"

    # Frames one after the other, as from a camera of this process.
    client = bench.probe.create_client(LoadModel, "/fer/load_model")
    results: list[Any] = []
    bench.node.listeners.append(lambda result: results.extend([result] * (result.frame.stamp > STAMP)))
    future, submitted = client.call_async(LoadModel.Request(name=reversed_model)), 0
    deadline = time.monotonic() + 90
    while not (future.done() and results and results[-1].model == "reversed") and time.monotonic() < deadline:
        submitted += 1
        bench.node.submit(Frame(face, STAMP + submitted))
        bench.node.drain(5.0)
    assert future.result().success, future.result().message
    assert len(results) == submitted, "no frame was lost"
    names = [result.model for result in results]
    assert names == sorted(names) and names[-1] == "reversed", "one model after the other"
    assert results[-1].primary.label == models[0].labels[::-1][list(models[0].labels).index("happy")]
    wait(lambda: models[-1].name == "reversed")
    assert list(models[-1].labels) == list(models[0].labels)[::-1]


def test_before_it_is_configured_no_model_can_be_swapped(ros: Any) -> None:
    ros.add(InferenceNode(namespace="/fer", parameter_overrides=[Parameter("autostart", value=False)]))
    answer = ros.call(ros.node(), LoadModel, "/fer/load_model", name="default")
    assert not answer.success and "configure" in answer.message


def test_the_annotated_picture_is_drawn_while_someone_listens(
    bench_with: BenchWith, wait: Wait, face: np.ndarray
) -> None:
    bench = bench_with()
    bench.show(face)
    plain: list[Any] = []
    small: list[Any] = []
    bench.probe.create_subscription(Image, "/fer/image_annotated", plain.append, qos_profile_sensor_data)
    bench.probe.create_subscription(
        CompressedImage, "/fer/image_annotated/compressed", small.append, qos_profile_sensor_data
    )
    wait(bench.node._annotated.get_subscription_count)
    wait(bench.node._annotated_small.get_subscription_count)
    wait(lambda: bench.show(face) and plain and small)
    drawn = np.frombuffer(plain[-1].data, np.uint8).reshape(480, 640, 3)
    assert messages.nanoseconds(plain[-1].header.stamp) == STAMP
    assert 0.01 < np.mean(np.any(drawn != face, axis=2)) < 0.6
    bench.node.set_parameters([Parameter("annotate", value=False)])
    bench.show(face)
    count = len(plain)
    bench.show(face)
    assert len(plain) == count


def test_a_plugin_that_fails_costs_its_frame_and_nothing_more(
    bench_with: BenchWith, face: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_with()
    detector = bench.node._recogniser.detector
    working = detector.follow
    monkeypatch.setattr(detector, "follow", lambda image, stamp: 1 / 0)
    bench.refuse(bench.good(face), "error")
    monkeypatch.setattr(detector, "follow", working)
    assert bench.show(face).emotions


def test_after_deactivating_nothing_is_read_and_after_activating_it_is(
    bench_with: BenchWith, wait: Wait, face: np.ndarray
) -> None:
    bench = bench_with()
    bench.show(face)
    for _ in range(2):
        bench.node.trigger_deactivate()
        wait(lambda: not bench.camera.get_subscription_count())
        bench.node.submit(Frame(face, STAMP))
        count = len(bench.arrays)
        bench.node.trigger_activate()
        wait(bench.camera.get_subscription_count)
        assert bench.show(face).emotions and len(bench.arrays) > count
