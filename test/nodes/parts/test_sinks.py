"""Sinks that publish keep their contract in a real node."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from fer_ros.core.base import registry
from fer_ros.testing import check_sink

pytestmark = pytest.mark.ros

#: The packages whose messages a sink publishes, where they may be absent.
NEEDS = {"hri": "hri_msgs", "vision_msgs": "vision_msgs", "string": "std_msgs"}


@pytest.mark.parametrize("name", [n for n in registry.names("sinks") if registry.load("sinks", n).needs_node])
def test_sink_that_needs_a_node(ros: Any, name: str) -> None:
    if importlib.util.find_spec(NEEDS.get(name, "rclpy")) is None:
        pytest.skip(f"{NEEDS[name]} is not installed here")
    check_sink(registry.load("sinks", name), node=ros.node())
