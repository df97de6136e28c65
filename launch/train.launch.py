"""Starts `trainer` alone, beside an inference that runs already, maybe on another computer with the same user folder.

Train by a service call, such as `ros2 service call /fer/train fer_msgs/srv/Train "{name: anna}"`, and follow
`ros2 topic echo /fer/train/progress`.
"""

from __future__ import annotations

from launch import LaunchDescription, LaunchDescriptionEntity

from fer_ros.nodes.launching import Argument, Values, description

ARGUMENTS = (
    Argument(
        "head", "", "head to train, see `fer plugins heads`; empty: params_file decides", parameter="trainer.head"
    ),
    Argument(
        "split",
        "",
        "how faces are held out for testing",
        ("", "auto", "sessions", "takes", "blocks", "random"),
        "trainer.split",
    ),
    Argument("base", "", "the general model; empty: params_file decides", parameter="trainer.base"),
    Argument("swap", "", "make inference use the new model", parameter="trainer.swap", kind=bool),
    Argument("select", "", "use the new model after a restart, too", parameter="trainer.select", kind=bool),
)


def generate_launch_description() -> LaunchDescription:
    """The arguments, then the node."""
    return description(ARGUMENTS, _nodes)


def _nodes(value: Values) -> list[LaunchDescriptionEntity]:
    return [value.node("trainer")]
