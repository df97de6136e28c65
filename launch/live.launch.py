"""Starts `camera` and `inference`, and with `record` and `train` also `recorder` and `trainer`: see, teach, see better.
With `dashboard` all of that happens on a page.

With `image_topic` our own camera is not started: the nodes take the images of another one.
"""

from __future__ import annotations

from launch import LaunchDescription, LaunchDescriptionEntity

from fer_ros.nodes.launching import Argument, Values, description

ARGUMENTS = (
    Argument(
        "source",
        "",
        "where frames come from, such as auto, camera, video or sample; empty: params_file decides",
        parameter="camera.source",
    ),
    Argument(
        "image_topic",
        "",
        "images of another camera, such as /camera/image_raw; our own camera then does not start",
        parameter="inference.image_topic",
    ),
    Argument(
        "image_transport",
        "",
        "compressed: /compressed is put behind image_topic; empty: params_file decides",
        ("", "raw", "compressed"),
        "inference.image_transport",
    ),
    Argument(
        "detector",
        "",
        "what finds the faces, see `fer plugins detectors`; empty: params_file decides",
        parameter="inference.detector",
    ),
    Argument(
        "model",
        "",
        "a model, see `fer models`, or the folder of one; empty: params_file decides",
        parameter="inference.model",
    ),
    Argument(
        "sink",
        "",
        "sinks that take the results besides the topics, with commas between; see `fer plugins sinks`",
        parameter="inference.sink",
    ),
    Argument(
        "annotate",
        "",
        "whether image_annotated is offered; empty: params_file decides",
        parameter="inference.annotate",
        kind=bool,
    ),
    Argument("record", "false", "whether labelled frames can be recorded into bags, by record/start", kind=bool),
    Argument("train", "false", "whether models can be trained on recorded bags, by the service train", kind=bool),
    Argument("compose", "false", "run all nodes in one process: less CPU, but they crash together", kind=bool),
    Argument("dashboard", "false", "whether a page is served; it brings record and train with it", kind=bool),
    Argument(
        "dashboard_host",
        "",
        "address that the page is served on, such as 0.0.0.0; empty: params_file decides",
        parameter="dashboard.host",
    ),
)


def generate_launch_description() -> LaunchDescription:
    """The arguments, then the nodes that they call for."""
    return description(ARGUMENTS, _nodes)


def _nodes(value: Values) -> list[LaunchDescriptionEntity]:
    # Recorder and trainer use the camera and the detector of inference, so that crops are framed alike.
    also = {name: value[name] for name in ("image_topic", "image_transport", "detector") if value[name]}
    images = {name: text for name, text in also.items() if name != "detector"}
    page, more = value.yes("dashboard"), dict[str, dict[str, str]]()
    if page:
        more["dashboard"] = images
    if page or value.yes("record"):
        more["recorder"] = also
    if page or value.yes("train"):
        more["trainer"] = {name: text for name, text in also.items() if name == "detector"}
    camera = not value["image_topic"]
    if value.yes("compose"):
        return [value.composed(camera, more)]
    nodes = [value.node("inference"), *([value.node("camera")] if camera else [])]
    for name, parameters in more.items():
        nodes.append(value.node(name, needed=False, **{key: value.text(key) for key in parameters}))
    return nodes
