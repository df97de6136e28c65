"""ROS in the test's own process, a second model, and a source that can be unplugged."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image

from fer_msgs.msg import Emotion, EmotionArray
from fer_ros.core.base import paths, registry
from fer_ros.core.base.types import Frame
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages

UNPLUGGABLE = '''
"""A source whose cable the test holds."""

import time
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.contracts import EndOfSource, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame


@dataclass(frozen=True)
class CableSettings:
    """What can be set."""

    level: int = setting(100, "grey level", low=0, high=255, live=True)
    rate: float = setting(50.0, "frames per second", low=1.0, high=1000.0)
    never: bool = setting(False, "refuse to open for good")


class Cable(Source):
    """Plain pictures."""

    Settings = CableSettings
    plugged = True
    ended = False
    opened = 0
    open_now = 0

    def open(self):
        if self.settings.never:
            raise ConfigError("cable: this can never work")
        if not Cable.plugged:
            raise SourceUnavailable("cable is unplugged")
        Cable.opened += 1
        Cable.open_now += 1

    def read(self, timeout):
        time.sleep(1.0 / self.settings.rate)
        if Cable.ended:
            raise EndOfSource
        if not Cable.plugged:
            raise SourceUnavailable("cable is unplugged")
        return Frame(np.full((48, 64, 3), self.settings.level, np.uint8), self.clock())

    def close(self):
        Cable.open_now = 0

    @property
    def description(self):
        return "cable"
'''


class Ros:
    """rclpy with an executor in a thread; nodes are destroyed at the end."""

    def __init__(self) -> None:
        rclpy.init(args=[])
        self._nodes: list[Node] = []
        self._executor = SingleThreadedExecutor()
        self._stopping = False
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._stopping:
            self._executor.spin_once(timeout_sec=0.2)

    def add(self, node: Any) -> Any:
        """Spin a node."""
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def node(self, name: str = "probe") -> Any:
        """A node of the test's own."""
        return self.add(rclpy.create_node(name))

    def call(self, node: Any, service_type: Any, service: str, /, **fields: Any) -> Any:
        """Call a service and give its answer."""
        client = node.create_client(service_type, service)
        assert client.wait_for_service(20.0), f"no service {service}"
        future = client.call_async(service_type.Request(**fields))
        until(future.done)
        node.destroy_client(client)
        return future.result()

    def close(self) -> None:
        for node in reversed(self._nodes):
            if hasattr(node, "shut_down"):
                node.shut_down()
        self._stopping = True
        self._executor.create_task(lambda: None)
        self._thread.join(10)
        for node in self._nodes:
            node.destroy_node()
        rclpy.shutdown()


def until(condition: Callable[[], Any], what: str = "did not happen") -> None:
    """Wait for a condition, 90 seconds at most."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


class Bench:
    """An active inference node, its camera, and what it publishes."""

    STAMP = 1_700_000_000_123_456_789

    def __init__(self, ros: Ros, **parameters: Any) -> None:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.node: InferenceNode = ros.add(InferenceNode(namespace="/fer", parameter_overrides=overrides))
        self.probe = ros.node()
        self.arrays: list[Any] = []
        self.emotions: list[Any] = []
        self.reports: list[Any] = []
        self.probe.create_subscription(EmotionArray, "/fer/emotions", self.arrays.append, 10)
        self.probe.create_subscription(Emotion, "/fer/emotion", self.emotions.append, 10)
        self.probe.create_subscription(DiagnosticArray, "/diagnostics", lambda m: self.reports.append(m.status[0]), 10)
        compressed = parameters.get("image_transport") == "compressed"
        kind, topic = (CompressedImage, "/fer/image_raw/compressed") if compressed else (Image, "/fer/image_raw")
        # Reliable, so that no test waits for an image that the middleware has lost.
        self.camera = self.probe.create_publisher(kind, topic, QoSProfile(depth=5))
        self.node.autostart()
        until(lambda: self.camera.get_subscription_count() and self.node._emotions.get_subscription_count())
        until(self.node._emotion.get_subscription_count)

    def good(self, picture: np.ndarray, frame_id: str = "eye") -> Any:
        """A message that is as it should be."""
        return images.image(picture, messages.header(Frame(picture, self.STAMP, frame_id)))

    def show(self, picture: np.ndarray) -> Any:
        """Publish a picture until its result is there; gives the result."""
        return self.send(self.good(picture))

    def send(self, message: Any) -> Any:
        """Publish a message until its result is there; gives the result."""
        count = len(self.arrays)
        self._repeat(message, lambda: len(self.arrays) > count)
        return self.arrays[-1]

    def refuse(self, message: Any, reason: str) -> None:
        """Publish something that is to be dropped for this reason."""
        before = self.node.drops.counts().get(reason, 0)
        self._repeat(message, lambda: self.node.drops.counts().get(reason, 0) > before)

    def _repeat(self, message: Any, done: Callable[[], bool]) -> None:
        """The subscription is best effort: what is lost is sent again."""
        again = 0.0

        def check() -> bool:
            if done():
                return True
            nonlocal again
            if time.monotonic() > again:
                self.camera.publish(message)
                again = time.monotonic() + 1.0
            return False

        until(check)


@pytest.fixture
def ros() -> Iterator[Ros]:
    """See :class:`Ros`."""
    ros = Ros()
    yield ros
    ros.close()


@pytest.fixture
def bench_with(ros: Ros) -> Callable[..., Bench]:
    """``bench_with(**parameters)``: see :class:`Bench`."""
    return lambda **parameters: Bench(ros, **parameters)


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """A picture with one face."""
    source = registry.load("sources", "sample")()
    source.open()
    return source.read(5.0).image


@pytest.fixture
def wait() -> Callable[..., None]:
    """See :func:`until`."""
    return until


@pytest.fixture
def reversed_model(fer_home: Path) -> str:
    """The name of a model of the user's: the shipped one with its labels in reverse order."""
    folder = fer_home / "models" / "reversed"
    shutil.copytree(paths.share_dir() / "models" / "default", folder)
    mark = folder / paths.MODEL_FILE
    content = yaml.safe_load(mark.read_text())
    mark.write_text(yaml.safe_dump({**content, "name": "reversed", "labels": content["labels"][::-1]}))
    return "reversed"


@pytest.fixture
def cable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class of the source ``cable``, installed as a package of somebody else's."""
    folder = tmp_path / "site"
    info = folder / "cable_source-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "cable_source.py").write_text(UNPLUGGABLE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cable-source\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fer_ros.sources]\ncable = cable_source:Cable\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "cable_source", raising=False)
    import cable_source  # type: ignore[import-not-found]

    return cable_source.Cable
