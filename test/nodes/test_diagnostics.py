"""A node's health: the same through diagnostic_updater and without it, and what is expected of rates and ages."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.parameter import Parameter

from fer_ros.core.base.paths import share_dir
from fer_ros.nodes.diagnostics import shortfall
from fer_ros.nodes.trainer import TrainerNode

Wait = Callable[..., None]


@pytest.mark.parametrize(
    ("rate", "expected_rate", "age", "expected_age", "said"),
    [
        (30.0, 0.0, 9.0, 0.0, ""),
        (27.0, 30.0, 0.05, 0.1, ""),
        (26.0, 30.0, 0.05, 0.1, "26 Hz where 30 are expected"),
        (30.0, 30.0, 0.15, 0.1, "results are 150 ms old where 100 are expected"),
    ],
)
def test_what_is_worse_than_expected_is_told(
    rate: float, expected_rate: float, age: float, expected_age: float, said: str
) -> None:
    assert shortfall(rate, expected_rate, age, expected_age) == said


@pytest.mark.ros
@pytest.mark.parametrize("updater", [False, True])
def test_reports_are_the_same_with_and_without_the_updater(
    ros: Any, wait: Wait, fer_home: Any, monkeypatch: pytest.MonkeyPatch, updater: bool
) -> None:
    if not updater:
        monkeypatch.setitem(sys.modules, "diagnostic_updater", None)  # as if it were not installed
    elif importlib.util.find_spec("diagnostic_updater") is None:
        pytest.skip("diagnostic_updater is not on PyPI: it needs a ROS 2 of the system")
    reports: list[Any] = []
    probe = ros.node("monitor")
    probe.create_subscription(DiagnosticArray, "/diagnostics", reports.append, 10)
    wait(lambda: probe.count_subscribers("/diagnostics"))
    node = ros.add(
        TrainerNode(namespace="/fer", parameter_overrides=[Parameter("diagnostic_updater.period", value=0.1)])
    )
    wait(lambda: len(reports) > 3)
    [status] = reports[-1].status
    assert (status.name, status.level, status.message) == ("fer/trainer: trainer", DiagnosticStatus.OK, "unconfigured")
    assert status.hardware_id == "auto"
    assert [(value.key, value.value) for value in status.values] == [
        ("lifecycle state", "unconfigured"),
        ("last training", "nothing was trained yet"),
    ]
    assert reports[-1].header.stamp.sec > 0
    assert node.get_parameter("diagnostic_updater.period").value == 0.1


@pytest.mark.ros
def test_a_camera_slower_than_expected_is_told(ros: Any, wait: Wait, cable: Any, fer_home: Any) -> None:
    from fer_ros.nodes.camera import CameraNode

    reports: list[Any] = []
    probe = ros.node("monitor")
    probe.create_subscription(DiagnosticArray, "/diagnostics", lambda m: reports.append(m.status[0]), 10)
    given = {"source": "cable", "expected_rate": 900.0, "diagnostic_updater.period": 0.1}
    overrides = [Parameter(name, value=value) for name, value in given.items()]
    node = ros.add(CameraNode(namespace="/fer", parameter_overrides=overrides))
    node.autostart()
    wait(lambda: reports and "where 900 are expected" in reports[-1].message)
    assert reports[-1].level == DiagnosticStatus.WARN
    assert node.set_parameters([Parameter("expected_rate", value=0.0)])[0].successful
    wait(lambda: reports[-1].level == DiagnosticStatus.OK)


def test_every_node_has_a_group_of_its_own_in_the_monitor() -> None:
    tree = yaml.safe_load((share_dir() / "config" / "analyzers.yaml").read_text())["analyzers"]["ros__parameters"]
    groups = [group for part in ("seeing", "learning") for group in tree[part]["analyzers"].values()]
    for node in ("camera", "inference", "recorder", "trainer", "dashboard"):
        name = f"left/{node}: {node}"
        assert sum(any(text in name for text in group["contains"]) for group in groups) == 1
