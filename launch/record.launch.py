"""Starts `camera` and `recorder`; with `image_topic` only `recorder`, on the images of another camera.

Record by service calls, such as
`ros2 service call /fer/record/start fer_msgs/srv/StartRecording "{label: happy, samples: 100}"`.
"""

from __future__ import annotations

from launch import LaunchDescription, LaunchDescriptionEntity

from fer_ros.nodes.launching import Argument, Values, description

ARGUMENTS = (
    Argument("source", "", "where frames come from; empty: params_file decides", parameter="camera.source"),
    Argument(
        "image_topic",
        "",
        "images of another camera, such as /camera/image_raw; our own camera then does not start",
        parameter="recorder.image_topic",
    ),
    Argument(
        "image_transport",
        "",
        "auto: compressed if it is offered",
        ("", "auto", "raw", "compressed"),
        "recorder.image_transport",
    ),
    Argument(
        "labels",
        "",
        "what may be recorded, with commas between; empty: params_file decides",
        parameter="recorder.labels",
    ),
    Argument("storage", "", "storage of new bags", ("", "mcap", "sqlite3"), "recorder.storage"),
    Argument("consent", "", "what the people recorded have agreed to", parameter="recorder.consent"),
    Argument(
        "record_without_face",
        "",
        "record frames without a face",
        parameter="recorder.record_without_face",
        kind=bool,
    ),
)


def generate_launch_description() -> LaunchDescription:
    """The arguments, then the nodes that they call for."""
    return description(ARGUMENTS, _nodes)


def _nodes(value: Values) -> list[LaunchDescriptionEntity]:
    nodes = [value.node("recorder")]
    return nodes if value["image_topic"] else [*nodes, value.node("camera")]
