#!/usr/bin/env python3
"""Write the tables of docs/ros_interface.md from the real nodes and their descriptors; ``make docs`` runs it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "ros_interface.md"
NAMESPACE = "/fer"
#: What a type or a descriptor does not say. An entry that nothing has any more is an error, and so is a missing one.
TOPICS = {
    "image_raw": "the camera's picture; stamp = when it was grabbed",
    "image_raw/compressed": "the same as JPEG",
    "camera_info": "the calibration, with the stamp of the image",
    "emotion": "the largest face of a frame; nothing where there is no face",
    "emotions": "every face of every frame that was read; empty without a face",
    "image_annotated": "the picture with boxes, labels, bars",
    "image_annotated/compressed": "the same as JPEG",
    "model": "the model in use and its measured quality",
    "shadow": "what a second model reads otherwise, see the parameter `shadow`",
    "record/status": "what is recorded, and the samples of each label",
    "train/progress": "phase, epoch, loss, validation accuracy",
    "/diagnostics": "once a second from each node",
}
SERVICES = {
    "set_camera_info": "stores a calibration in the file of `camera_info_url` and uses it at once",
    "record/pause": "pauses recording; the bag stays open",
    "record/stop": "ends the recording and closes the bag",
    "record/discard_last": "moves the last take to the trash",
    "train/cancel": "ends the running training; the model in use stays",
}
#: Parameters that ROS 2 itself adds.
BUILT_IN = ("qos_overrides.", "use_sim_time", "start_type_description_service")
#: Said where a parameter has no description: it is another package's, with the same name and meaning here.
ANOTHERS = {"diagnostic_updater.period": "seconds between two reports on /diagnostics"}
#: Whose services every managed node has.
EVERY = ("lifecycle_msgs/", "rcl_interfaces/", "type_description_interfaces/")
KINDS = ("sources", "detectors", "filters", "sinks", "backbones", "heads")


def tables() -> dict[str, list[str]]:
    """Name of the place in the page → the lines that belong there."""
    # Before rclpy is loaded, and away from what runs here: nodes read what they had kept, and find each other.
    os.environ["FER_HOME"] = tempfile.mkdtemp(prefix="fer_ros_docs_")
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ["ROS_LOG_DIR"] = os.environ["FER_HOME"]
    import rclpy

    from fer_ros.nodes.camera import CameraNode
    from fer_ros.nodes.dashboard.node import DashboardNode
    from fer_ros.nodes.inference import InferenceNode
    from fer_ros.nodes.recorder import RecorderNode
    from fer_ros.nodes.trainer import TrainerNode

    rclpy.init(args=["--ros-args", "--log-level", "error"])
    kinds: tuple[Any, ...] = (CameraNode, InferenceNode, RecorderNode, TrainerNode, DashboardNode)
    nodes = [kind(namespace=NAMESPACE) for kind in kinds]
    try:
        return {
            "topics": _table(("topic", "type", "QoS", "from", ""), _topics(nodes)),
            "services": _table(("service", "type", "of", ""), _services(nodes)),
            "reasons": _table(("code", "values"), _reasons()),
            "actions": _table(("action", "type", "of", ""), _actions(nodes)),
            **{node.get_name(): _table(_PARAMETERS, _parameters(node)) for node in nodes},
            **{kind: _table(_PARAMETERS, _plugin_settings(kind)) for kind in KINDS},
        }
    finally:
        for node in nodes:
            node.destroy_node()
        rclpy.shutdown()


_PARAMETERS = ("parameter", "default", "allowed", "", "")


def _topics(nodes: Iterable[Any]) -> Iterator[tuple[str, ...]]:
    """A row for each topic that is published."""
    found: dict[str, tuple[Any, list[str]]] = {}
    for node in nodes:
        for publisher in node.publishers:
            name = _relative(publisher.topic_name)
            if name not in ("/rosout", "/parameter_events") and not name.endswith("transition_event"):
                found.setdefault(name, (publisher, []))[1].append(node.get_name())
    _agree("TOPICS", set(found), set(TOPICS))
    for name, words in TOPICS.items():
        publisher, owners = found[name]
        who = "all" if len(owners) > 2 else ", ".join(f"`{owner}`" for owner in owners)
        yield f"`{name}`", _type(publisher.msg_type), _qos(publisher.qos_profile), who, words


def _services(nodes: Iterable[Any]) -> Iterator[tuple[str, ...]]:
    """A row for each service that is no part of every node."""
    told = set()
    for node in nodes:
        for service in node.services:
            name, kind = _relative(service.srv_name), _type(service.srv_type)
            if kind.startswith(EVERY):
                continue
            words = SERVICES.get(name) or _comment(kind, "srv")
            told.add(name)
            yield f"`{name}`", kind, f"`{node.get_name()}`", words
    _agree("SERVICES", set(SERVICES), told & set(SERVICES))


def _actions(nodes: Iterable[Any]) -> Iterator[tuple[str, ...]]:
    """A row for each action."""
    from rclpy.action import get_action_server_names_and_types_by_node as actions_of

    for node in nodes:
        for name, kinds in actions_of(node, node.get_name(), node.get_namespace()):
            kind = kinds[0].replace("/action/", "/")
            yield f"`{_relative(name)}`", kind, f"`{node.get_name()}`", _comment(kind, "action")


def _parameters(node: Any) -> Iterator[tuple[str, ...]]:
    """A row for each parameter of the node itself."""
    for name, value in node._parameters.items():
        if name.startswith((*BUILT_IN, *(f"{kind}." for kind in KINDS))):
            continue
        descriptor = node.describe_parameter(name)
        (bounds,) = (*descriptor.integer_range, *descriptor.floating_point_range, None)[:1]
        allowed = _bounds(bounds.from_value, bounds.to_value) if bounds else descriptor.additional_constraints
        words = descriptor.description or ANOTHERS[name]
        yield _parameter(name, value.value, allowed, not descriptor.read_only, words)


def _plugin_settings(kind: str) -> Iterator[tuple[str, ...]]:
    """A row for each setting of the plugins that this package brings."""
    from fer_ros.core.base import registry
    from fer_ros.core.base.settings import fields

    for plugin in registry.names(kind):
        made = registry.load(kind, plugin)
        if not made.__module__.startswith("fer_ros."):
            continue
        for name, (_, default, constraint) in fields(made.Settings).items():
            allowed = ", ".join(constraint.choices) if constraint.choices else _bounds(constraint.low, constraint.high)
            yield _parameter(f"{kind}.{plugin}.{name}", default, allowed, constraint.live, constraint.help)


def _parameter(name: str, default: Any, allowed: str, live: bool, words: str) -> tuple[str, ...]:
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{name}`", shown, allowed.removeprefix("one of "), "live" if live else "", words


def _bounds(low: float | None, high: float | None) -> str:
    """``1 to 64``; a limit that a type has by itself is none."""
    low, high = (None if bound is None or abs(bound) >= 2**62 else bound for bound in (low, high))
    if low is None and high is None:
        return ""
    if high is None:
        return f"{low:g} and more"
    return f"to {high:g}" if low is None else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _relative(name: str) -> str:
    return name.removeprefix(f"{NAMESPACE}/")


def _type(kind: Any) -> str:
    return f"{kind.__module__.split('.')[0]}/{kind.__name__}"


def _qos(profile: Any) -> str:
    words = [profile.reliability.name.lower().replace("_", " ")]
    if profile.durability.name == "TRANSIENT_LOCAL":
        words.append("transient local")
    return ", ".join((*words, f"depth {profile.depth}"))


def _reasons() -> list[tuple[str, ...]]:
    from fer_ros.core.base.reasons import CODES

    return [(f"`{code}`", ", ".join(f"`{name}`" for name in names)) for code, names in CODES.items()]


def _comment(kind: str, folder: str) -> str:
    """The first sentence of an interface's file."""
    package, _, name = kind.partition("/")
    path = ROOT / package / folder / f"{name}.{folder}"
    if not path.is_file():
        raise SystemExit(f"scripts/ros_docs.py: SERVICES must say what {kind} is for")
    text = path.read_text(encoding="utf-8")
    head = re.match(r"(?:#.*\n)*", text)
    words = " ".join(line.lstrip("# ") for line in (head.group() if head else "").splitlines())
    first = re.split(r"(?<=\w)\. ", words + " ")[0].rstrip(". ")
    return first[:1].lower() + first[1:]


def _agree(name: str, real: set[str], told: set[str]) -> None:
    if real != told:
        raise SystemExit(f"scripts/ros_docs.py: {name} and the nodes differ: {', '.join(sorted(real ^ told))}")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not lines:
        return ["None."]
    shown = [re.sub(r" +", " ", f"| {line} |") for line in (" | ".join(head), *lines)]
    return [shown[0], "|---" * len(head) + "|", *shown[1:]]


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, lines in tables().items():
        begin, end = f"<!-- {name}: from the code, by `make docs` -->", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{PAGE.name} needs the lines '{begin}' and '{end}' once each")
        before, rest = text.split(begin)
        text = "\n".join((before + begin, "", *lines, "", end + rest.split(end)[1]))
    return text


def main() -> int:
    """Write the page; with ``--check``, only tell by status 1 that it is stale."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if "--check" in sys.argv:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
