"""Measure speed and memory on this machine: each stage, the whole frame, the start, and over ROS 2."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
from typing import Any

from fer_ros import __version__
from fer_ros.cli.benchmarks import over_ros, recording, stages, start, training
from fer_ros.cli.benchmarks.bars import judge
from fer_ros.cli.benchmarks.pictures import pictures, upside_down
from fer_ros.cli.progress import Bar
from fer_ros.cli.text import table
from fer_ros.core import machine, registry
from fer_ros.core.bundle import Bundle
from fer_ros.core.errors import ConfigError, FerError

#: As in the project's aims: what the figures of different machines are compared at.
SIZE = "640x480"
STAGES = {
    "detect": "find the face",
    "crop": "cut, resize, scale",
    "embed": "backbone",
    "head": "head",
    "whole": "whole frame",
}
LEGS = ("received", "detected", "classified", "published", "delivered", "whole")
PACKAGES = ("numpy", "opencv-python-headless", "ai-edge-litert", "rclpy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--frames", type=int, default=300, help="frames per scenario (default: %(default)s)")
    parser.add_argument("--source", default="sample", help="source plugin (default: %(default)s)")
    parser.add_argument("--detector", default="haar", help="detector plugin (default: %(default)s)")
    parser.add_argument("--model", default="default", help="name of a model (default: %(default)s)")
    parser.add_argument("--size", default=SIZE, metavar="WxH", help="pixels of a frame (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the network (default: %(default)s)")
    parser.add_argument("--no-ros", action="store_true", help="leave out what needs ROS 2")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measure and print; a bar that is missed is named, and is no reason to fail."""
    report = measure(args)
    print(json.dumps(report) if args.json else as_text(report))
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All figures as plain values.

    :raises ConfigError: an option is out of range, or a plugin or model is unknown.
    """
    width, height = parse_size(args.size)
    if not 1 <= args.frames <= 100_000:
        raise ConfigError(f"--frames must be from 1 to 100000, got {args.frames}")
    if not 1 <= args.threads <= 64:
        raise ConfigError(f"--threads must be from 1 to 64, got {args.threads}")
    bundle = Bundle.load(args.model)
    detector = registry.load("detectors", args.detector)()
    words = [args.model, args.source, args.detector, str(width), str(height), str(args.threads)]
    report: dict[str, Any] = {
        "fer_ros": __version__,
        "machine": machine.describe(),
        "versions": _versions(),
        "model": bundle.name,
        "source": args.source,
        "detector": args.detector,
        "size": [width, height],
        "threads": args.threads,
    }
    with Bar(6, "parts") as bar:
        with pictures(args.source, width, height) as images:
            report["one_face"] = stages.measure(bundle, detector, images, args.frames, args.threads)
            bar.at(1)
            turned = (upside_down(image) for image in images)
            report["no_face"] = stages.measure(bundle, detector, turned, args.frames, args.threads)
        bar.at(2)
        report["start"] = start.measure(words)
        bar.at(3)
        report["ros"] = _over_ros(args)
        bar.at(4)
        report["recording"] = _recording(args)
        bar.at(5)
        report["training"] = _training(args)
        bar.at(6)
    report["bars"] = judge(report)
    return report


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of ``640x480``.

    :raises ConfigError: it is of another form or out of range.
    """
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    width, height = (int(number) for number in match.groups()) if match else (0, 0)
    if not (16 <= width <= 7680 and 16 <= height <= 7680):
        raise ConfigError(f"--size {text!r} must be two numbers from 16 to 7680, such as {SIZE}")
    return width, height


def _over_ros(args: argparse.Namespace) -> dict[str, Any]:
    reason = "left out by --no-ros" if args.no_ros else over_ros.missing()
    if reason:
        return {"skipped": reason}
    try:
        chosen = ["--source", args.source, "--detector", args.detector, "--model", args.model]
        return over_ros.measure(chosen, min(args.frames, 300))
    except FerError as error:
        # What was measured without ROS is worth printing all the same.
        return {"skipped": str(error)}


def _recording(args: argparse.Namespace) -> dict[str, Any]:
    reason = "left out by --no-ros" if args.no_ros else over_ros.missing()
    if reason:
        return {"skipped": reason}
    try:
        return recording.measure(args.source, min(args.frames, 300) / 30.0)
    except FerError as error:
        return {"skipped": str(error)}


def _training(args: argparse.Namespace) -> dict[str, Any]:
    try:
        return training.measure(max(6, min(100, args.frames // 3)), args.model, args.detector)
    except FerError as error:
        return {"skipped": str(error)}


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def as_text(report: dict[str, Any]) -> str:
    """The report as tables."""
    found = report["machine"]
    width, height = report["size"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    parts = [
        f"fer_ros {report['fer_ros']} on {found['cpu']}, {found['cores']} cores, load {found['load'][0]}\n"
        f"{found['python']}, {versions}\n"
        f"model {report['model']}, detector {report['detector']}, source {report['source']}, {width}x{height}, "
        f"{report['threads']} thread{'s' if report['threads'] > 1 else ''}"
    ]
    parts += [_scenario(title, report[key]) for key, title in (("one_face", "One face"), ("no_face", "No face"))]
    parts += [_start(report["start"]), _ros(report["ros"]), _recorded(report["recording"])]
    parts.append(_trained(report["training"]))
    rows = [
        (
            bar["name"],
            _number(bar["value"]),
            bar["limit"],
            bar["unit"],
            {None: "not measured", True: "met", False: "MISSED"}[bar["met"]],
        )
        for bar in report["bars"]
    ]
    parts.append(table(("bar", "measured", "limit", "", ""), rows, right=(1, 2)))
    return "\n\n".join(parts)


def _scenario(title: str, found: dict[str, Any]) -> str:
    rows = [
        (text, *(f"{found['stages_ms'][name][figure]:.3f}" for figure in ("median", "p95", "p99")))
        for name, text in STAGES.items()
        if name in found["stages_ms"]
    ]
    return (
        f"{title}: a face in {found['with_face']} of {found['frames']} frames, {found['track_ids']} tracks; "
        f"{found['frames_per_second']} frames/s reached, {found['cpu_ms_per_frame']:.2f} ms of CPU per frame\n"
        + table(("stage, ms", "median", "95 %", "99 %"), rows, right=(1, 2, 3))
    )


def _start(found: dict[str, Any]) -> str:
    parts = ", ".join(f"{name} {value:.2f}" for name, value in found["parts_s"].items())
    return (
        f"Start to first emotion without ROS: {found['first_emotion_s']:.2f} s ({parts}); "
        f"memory {found['memory_mb']} MB, peak {found['peak_memory_mb']} MB"
    )


def _ros(found: dict[str, Any]) -> str:
    if "skipped" in found:
        return f"With ROS: not measured, {found['skipped']}"
    latency, first = found["latency_ms"], found["first_message_s"]
    arrived = "never" if first is None else f"{first:.2f} s"
    rows = [
        (
            "acquired to received, all" if leg == "whole" else f"until {leg}",
            *(f"{latency[leg][f]:.3f}" for f in ("median", "p95", "p99")),
        )
        for leg in LEGS
        if len(latency.get(leg, {})) > 1
    ]
    return (
        f"With ROS: start to first emotion {found['first_emotion_s']:.2f} s, {arrived} in another process; "
        f"{found['lost']} of {found['messages']} messages lost after that; memory {found['memory_mb']} MB, "
        f"peak {found['peak_memory_mb']} MB; {found['cpu_percent']} % of a core\n"
        + table(("latency, ms", "median", "95 %", "99 %"), rows, right=(1, 2, 3))
    )


def _recorded(found: dict[str, Any]) -> str:
    if "skipped" in found:
        return f"Recording: not measured, {found['skipped']}"
    return (
        f"Recording without inference: recorder {found['recorder_cpu_percent']} %, camera with its JPEGs "
        f"{found['camera_cpu_percent']} % of a core; {found['written']} of {found['received']} frames written"
    )


def _trained(found: dict[str, Any]) -> str:
    if "skipped" in found:
        return f"Training: not measured, {found['skipped']}"
    phases = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in found["phases_s"].items())
    return (
        f"Training on {found['samples']} frames, from the bag to the model in use: {found['seconds']:.2f} s "
        f"({phases}, swap {found['swap_s']:.2f}); {found['cpu_s']:.2f} s of CPU; nothing was loaded before"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
