"""Plays a bag as if it were the camera, with `inference` reading it."""

from __future__ import annotations

from launch import LaunchDescription, LaunchDescriptionEntity

from fer_ros.nodes.launching import Argument, Values, description

ARGUMENTS = (
    Argument("bag", None, "the bag: its name in $FER_HOME/bags, or a path", parameter="camera.sources.bag.path"),
    Argument(
        "loop",
        "",
        "begin again at the end, instead of ending",
        parameter="camera.sources.bag.loop",
        kind=bool,
    ),
    Argument("speed", "", "times the speed of recording", parameter="camera.sources.bag.speed", kind=float),
    Argument("keep_stamps", "", "leave the stamps as recorded", parameter="camera.sources.bag.keep_stamps", kind=bool),
    Argument("model", "", "a model, see `fer models`; empty: as params_file says", parameter="inference.model"),
)


def generate_launch_description() -> LaunchDescription:
    """The arguments, then the nodes."""
    return description(ARGUMENTS, _nodes)


def _nodes(value: Values) -> list[LaunchDescriptionEntity]:
    return [value.node("inference"), value.node("camera", source="bag", exit_at_end=True)]
