"""QoS overrides: by a topic's name without the namespace, or by its full name, for every publisher and subscription."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Image

from fer_msgs.msg import EmotionArray
from fer_ros.core.base.errors import ConfigError
from fer_ros.nodes import topics
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.dashboard.node import DashboardNode
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.nodes.trainer import TrainerNode

pytestmark = pytest.mark.ros


def make(kind: Callable[..., Any], namespace: str = "/fer", /, **given: Any) -> Any:
    overrides = [Parameter(f"qos_overrides.{name}", value=value) for name, value in given.items()]
    return kind(namespace=namespace, parameter_overrides=overrides)


def profile(node: Any, topic: str) -> Any:
    [info] = [i for i in node.get_publishers_info_by_topic(topic) if i.node_name == node.get_name()]
    return info.qos_profile


@pytest.mark.parametrize("namespace", ["/fer", "/robots/left", "/"])
def test_one_file_fits_every_namespace(ros: Any, fer_home: Any, namespace: str) -> None:
    node = ros.add(make(InferenceNode, namespace, **{"emotion.publisher.reliability": "best_effort"}))
    place = namespace.rstrip("/")
    assert profile(node, f"{place}/emotion").reliability == ReliabilityPolicy.BEST_EFFORT
    assert profile(node, f"{place}/emotions").reliability == ReliabilityPolicy.RELIABLE
    full = f"qos_overrides.{place}/emotion.publisher.reliability"
    assert node.get_parameter(full).value == "best_effort"


def test_the_full_name_goes_first(ros: Any, fer_home: Any) -> None:
    given = {"emotion.publisher.reliability": "best_effort", "/fer/emotion.publisher.reliability": "reliable"}
    node = ros.add(make(InferenceNode, **given, **{"/fer/model.publisher.durability": "volatile"}))
    assert profile(node, "/fer/emotion").reliability == ReliabilityPolicy.RELIABLE
    assert profile(node, "/fer/model").durability == DurabilityPolicy.VOLATILE


def test_only_of_pictures_a_misfit_is_looked_for_at_every_message(ros: Any, fer_home: Any) -> None:
    """rclpy asks each such event for itself, and each message would cost a fifth more."""
    node = ros.add(make(DashboardNode))
    before = len(list(node.waitables))
    topics.create_subscription(node, EmotionArray, "emotions", lambda message: None, topics.sensor_data())
    assert len(list(node.waitables)) == before
    topics.create_image_subscription(node, Image, "image_raw", lambda message: None)
    assert len(list(node.waitables)) > before


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (CameraNode, ("image_raw", "image_raw/compressed", "camera_info")),
        (InferenceNode, ("emotion", "emotions", "image_annotated", "image_annotated/compressed", "model", "shadow")),
        (RecorderNode, ("record/status",)),
        (TrainerNode, ("train/progress",)),
        (DashboardNode, ()),
    ],
)
def test_every_publisher_can_be_overridden(ros: Any, fer_home: Any, kind: Any, names: tuple[str, ...]) -> None:
    node = ros.add(make(kind, "/fer", **{f"{topic}.publisher.depth": 3 for topic in names}))
    for topic in names:
        assert node.get_parameter(f"qos_overrides./fer/{topic}.publisher.depth").value == 3
    published = {name for name, types in node.get_publisher_names_and_types_by_node(node.get_name(), "/fer")}
    ours = {f"/fer/{topic}" for topic in names}
    of_ros = {"/rosout", "/parameter_events", "/diagnostics", f"/fer/{node.get_name()}/transition_event"}
    rest = {name for name in published - ours - of_ros if "/_action/" not in name}
    assert ours <= published and not rest


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("reliability", "certain", "give one of best_available, best_effort, reliable, system_default"),
        ("depth", -1, "give 0 to 10000"),
        ("depth", "five", "give 0 to 10000"),
        ("history", 5, "give one of keep_all, keep_last"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line(ros: Any, fer_home: Any, name: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make(InferenceNode, **{f"emotion.publisher.{name}": value})
    assert f"qos_overrides.emotion.publisher.{name}" in str(caught.value) and "\n" not in str(caught.value)
