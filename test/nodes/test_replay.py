"""A bag played again gives the emotions that were seen live, to the message; only the times of the stages differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message, serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from fer_msgs.msg import StageTimes
from fer_ros.core import bags
from fer_ros.core.base.types import Frame
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytestmark = [pytest.mark.ros, pytest.mark.slow]

Wait = Callable[..., None]
FRAMES, FIRST, STEP = 24, 1_700_000_000_000_000_001, 33_333_333
#: Each image arrives and is read before the next one, however busy the machine is.
TOPICS = ("image_raw", "image_raw/compressed")
RELIABLE = {f"qos_overrides.{topic}.subscription.reliability": "reliable" for topic in TOPICS}


@pytest.fixture(scope="module")
def film() -> list[np.ndarray]:
    """A face that moves and changes."""
    found = []
    for label in ("happy", "surprise"):
        source = FaceSource(FaceSettings(expression=label, fps=0.0, width=320, height=240))
        source.open()
        found += [source.picture(index, source.settings) for index in range(FRAMES // 2)]
    return found


class Played:
    """An inference that is shown messages one after the other; ``use_sim_time``: by the clock of the messages."""

    def __init__(self, bench_with: Any, wait: Wait, sim: bool, **parameters: Any) -> None:
        self.bench = bench_with(**RELIABLE, use_sim_time=sim, **parameters)
        self.wait, self.found = wait, list[Any]()
        self.clock = self.bench.probe.create_publisher(Clock, "/clock", QoSProfile(depth=1)) if sim else None
        if self.clock:
            wait(self.clock.get_subscription_count)

    def show(self, message: Any) -> None:
        """Publish it and wait until it was read."""
        node, count = self.bench.node, len(self.bench.arrays)
        if self.clock:
            self.clock.publish(Clock(clock=message.header.stamp))
            now = messages.nanoseconds(message.header.stamp)
            self.wait(lambda: node.get_clock().now().nanoseconds == now)
        self.bench.camera.publish(message)
        self.wait(lambda: len(self.bench.arrays) > count)
        self.found.append(without_times(self.bench.arrays[-1]))

    def end(self) -> list[Any]:
        """Let the next one have the topics; gives the emotions."""
        self.bench.node.trigger_deactivate()
        return self.found


def without_times(message: Any) -> Any:
    """All else of an EmotionArray."""
    copy = deserialize_message(serialize_message(message), type(message))
    copy.times = StageTimes()
    for emotion in copy.emotions:
        emotion.times = StageTimes()
    return copy


def test_plain_images_from_a_bag_are_read_as_they_were(
    bench_with: Any, wait: Wait, film: list[np.ndarray], tmp_path: Path
) -> None:
    """As `ros2 bag record /fer/image_raw` and `ros2 bag play --clock` handle them."""
    from rosbags.rosbag2 import Reader, StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    sent = [
        images.image(picture, messages.header(Frame(picture, FIRST + number * STEP, "eye")))
        for number, picture in enumerate(film)
    ]
    live = Played(bench_with, wait, sim=False)
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        types = get_typestore(Stores.ROS2_JAZZY)
        topic = writer.add_connection("/fer/image_raw", "sensor_msgs/msg/Image", typestore=types)
        for message in sent:
            live.show(message)
            writer.write(topic, messages.nanoseconds(message.header.stamp), bytes(serialize_message(message)))
    seen = live.end()
    replay = Played(bench_with, wait, sim=True)
    with Reader(tmp_path / "bag") as reader:
        for _, _, data in reader.messages():
            replay.show(deserialize_message(data, Image))
    assert len(seen) == FRAMES and replay.end() == seen
    times = replay.bench.arrays[-1].times
    assert messages.nanoseconds(times.published) == FIRST + (FRAMES - 1) * STEP, "by the clock of the bag"


def test_a_recorded_bag_as_source_gives_what_was_seen(
    ros: Any, bench_with: Any, wait: Wait, film: list[np.ndarray], tmp_path: Path
) -> None:
    """As `fer record` writes it and the source `bag` plays it."""
    live = Played(bench_with, wait, sim=False, image_transport="compressed")
    with bags.BagWriter(tmp_path / "bag", {}) as writer:
        writer.begin_take("happy")
        for number, picture in enumerate(film):
            stamp = FIRST + number * STEP
            jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
            live.show(CompressedImage(header=messages.header(Frame(picture, stamp)), format="jpeg", data=jpeg))
            writer.write(stamp, jpeg, None)
    seen = live.end()
    given: dict[str, Any] = {"source": "bag", "sources.bag.path": str(tmp_path / "bag")}
    given |= {"sources.bag.keep_stamps": True, "sources.bag.realtime": False}
    overrides = [Parameter(name, value=value) for name, value in given.items()]
    camera = ros.add(CameraNode(namespace="/replay", parameter_overrides=overrides))
    inference = ros.add(InferenceNode(namespace="/replay", subscribe=False))
    again: list[Any] = []
    inference.listeners.append(lambda result: again.append(without_times(messages.emotions(result))))
    camera.receivers.append(inference.submit)
    inference.autostart()
    camera.autostart()
    wait(lambda: camera.ended)
    inference.drain(60.0)
    assert len(seen) == FRAMES and again == seen
