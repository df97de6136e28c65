"""Plays a bag as if it were the camera, with `inference` reading it."""

from __future__ import annotations

from launch import LaunchDescription, LaunchDescriptionEntity

from fer_ros.nodes.launching import Argument, Values, description

ARGUMENTS = (
    Argument("bag", None, "the bag: its name in $FER_HOME/bags, or a path", parameter="camera.sources.bag.path"),
    Argument(
        "loop",
        "",
        "start again at the end",
        parameter="camera.sources.bag.loop",
        kind=bool,
    ),
    Argument("speed", "", "factor of the speed of recording", parameter="camera.sources.bag.speed", kind=float),
    Argument("keep_stamps", "", "keep the recorded stamps", parameter="camera.sources.bag.keep_stamps", kind=bool),
    Argument("model", "", "a model, see `fer models`; empty: params_file decides", parameter="inference.model"),
)


def generate_launch_description() -> LaunchDescription:
    """The arguments, then the nodes."""
    return description(ARGUMENTS, _nodes)


def _nodes(value: Values) -> list[LaunchDescriptionEntity]:
    return [value.node("inference"), value.node("camera", source="bag", exit_at_end=True)]
