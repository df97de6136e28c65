"""What comes in: any camera, any encoding, nothing at all, and nothing hostile stops the inference node."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image

from fer_msgs.msg import EmotionArray
from fer_ros.core.base.types import Frame
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages

pytestmark = pytest.mark.ros

Wait = Callable[..., None]
BenchWith = Callable[..., Any]
STAMP = 1_700_000_000_123_456_789


def changed(message: Image, **fields: Any) -> Image:
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def test_hostile_images_are_dropped_counted_and_named_and_the_next_good_one_is_read(
    bench_with: BenchWith, wait: Wait, face: np.ndarray, capfd: pytest.CaptureFixture[str]
) -> None:
    bench = bench_with()
    bench.refuse(changed(bench.good(face), step=5), "step")
    bench.refuse(changed(bench.good(face), encoding="\x00\U0001f4a3" * 50), "encoding")
    bench.refuse(changed(bench.good(face), width=0), "size")
    bench.refuse(changed(bench.good(face), width=2**32 - 1, height=2**32 - 1), "size")
    bench.refuse(changed(bench.good(face), data=array("B")), "data")
    bench.refuse(changed(bench.good(face), height=481), "data")
    unstamped = bench.good(face)
    unstamped.header.stamp.sec = unstamped.header.stamp.nanosec = 0
    bench.refuse(unstamped, "stamp")
    long = bench.good(face)
    long.header.frame_id = "x" * 1001
    bench.refuse(long, "frame_id")
    # Not even a message: rclpy sends bytes as they are.
    for raw in (b"", b"\x00\x01\x00\x00", serialize_message(bench.good(face))[:60], b"\xff" * 200):
        bench.camera.publish(raw)
    text = bytearray(serialize_message(bench.good(face)))
    text[text.index(b"bgr8") : text.index(b"bgr8") + 4] = b"\xff\xfe\xfd\xfc"
    bench.refuse(bytes(text), "encoding")

    assert bench.show(face).emotions[0].label == "happy"
    expected = {"step", "encoding", "size", "data", "stamp", "frame_id"}
    assert set(bench.node.drops.counts()) == expected

    def named() -> bool:
        keys = {v.key for r in bench.reports[-1:] for v in r.values}
        return {f"dropped: {reason}" for reason in expected} <= keys

    wait(named)
    err = capfd.readouterr().err
    assert "dropped (step)" in err and "dropped (stamp)" in err and "Traceback" not in err


def test_compressed_images_are_read_and_broken_ones_dropped(bench_with: BenchWith, face: np.ndarray) -> None:
    bench = bench_with(image_transport="compressed", max_pixels=640 * 480)
    head = messages.header(Frame(face, STAMP, "eye"))
    jpeg = images.compressed_image(face, head, 90)
    assert bench.send(jpeg).emotions[0].label == "happy"
    for content, reason in (
        (bytes(jpeg.data[:-100]), "compression"),
        (b"\x00" * 100, "compression"),
        (b"", "data"),
        (cv2.imencode(".png", np.zeros((481, 640), np.uint8))[1].tobytes(), "size"),
    ):
        bench.refuse(CompressedImage(header=head, format="jpeg", data=array("B", content)), reason)
    assert messages.nanoseconds(bench.send(jpeg).header.stamp) == STAMP


def test_an_absolute_topic_of_any_camera_with_its_own_encoding(ros: Any, wait: Wait, face: np.ndarray) -> None:
    node = ros.add(
        InferenceNode(parameter_overrides=[Parameter("image_topic", value="/other/color/image")], namespace="/fer")
    )
    probe = ros.node()
    arrays: list[Any] = []
    probe.create_subscription(EmotionArray, "/fer/emotions", arrays.append, 10)
    camera = probe.create_publisher(Image, "/other/color/image", QoSProfile(depth=1))
    node.autostart()
    rows = np.zeros((480, 640 * 3 + 8), np.uint8)  # padded rows
    rows[:, :1920] = cv2.cvtColor(face, cv2.COLOR_BGR2RGB).reshape(480, -1)
    message = Image(width=640, height=480, encoding="rgb8", step=1928, data=array("B", rows.tobytes()))
    message.header = messages.header(Frame(face, STAMP, "tilted"))

    def answered() -> bool:
        camera.publish(message)
        time.sleep(0.1)
        return bool(arrays)

    wait(answered)
    assert arrays[-1].emotions[0].label == "happy" and arrays[-1].header.frame_id == "tilted"


def test_silence_is_told_with_its_cause(
    ros: Any, wait: Wait, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fer_ros.nodes.inputs.image_input.SILENCE", 0.5)
    node = ros.add(
        InferenceNode(
            namespace="/fer",
            parameter_overrides=[
                Parameter("qos_overrides./fer/image_raw.subscription.reliability", value="reliable"),
            ],
        )
    )
    probe = ros.node("driver")
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    probe.create_publisher(Image, "/fer/image_raw", best_effort)
    wait(lambda: probe.count_subscribers("/fer/image_raw") == 0)
    seen: list[str] = []
    node.autostart()

    def told() -> bool:
        seen.append(capfd.readouterr().err)
        return "no image on /fer/image_raw" in "".join(seen)

    wait(told)
    text = "".join(seen)
    assert "1 publisher: " in text and "/fer/inference wants RELIABLE" in text and "/driver offers BEST_EFFORT" in text
