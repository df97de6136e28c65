"""Measure speed and memory on this machine: each stage, the whole frame, the start, over ROS 2, and beside others."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

from fer_ros import __version__
from fer_ros.cli import detectors, machine
from fer_ros.cli.assignments import assignments
from fer_ros.cli.benchmarks.scenarios import scenarios
from fer_ros.cli.benchmarks.scenarios.scenarios import Scenario, Setup
from fer_ros.cli.benchmarks.tables import check, tables
from fer_ros.cli.benchmarks.tables.bars import derive, judge
from fer_ros.cli.progress import Bar
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.vision import choosing

#: As in the project's aims: what the figures of different machines are compared at.
SIZE = "640x480"
PACKAGES = ("numpy", "opencv-python-headless", "ai-edge-litert", "rclpy")
#: Where the results lie that are committed, seen from the repository's root.
RESULTS = Path("benchmarks/results.json")
#: What seems slower is measured again so many times at most, as something else may have disturbed it.
REPEATS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = scenarios.listing()
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="a scenario, a group, several separated by commas, or all; may be repeated "
        f"(default: {','.join(scenarios.DEFAULT)})",
    )
    parser.add_argument("--frames", type=int, default=300, help="frames per scenario (default: %(default)s)")
    parser.add_argument("--source", default="sample", help="source plugin (default: %(default)s)")
    parser.add_argument("--detector", default="auto", help="detector plugin (default: %(default)s)")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting of the detector, such as min_face=0.2; may be repeated",
    )
    parser.add_argument("--model", default="default", help="name of a model (default: %(default)s)")
    parser.add_argument("--size", default=SIZE, metavar="WxH", help="pixels of a frame (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the network (default: %(default)s)")
    parser.add_argument("--no-ros", action="store_true", help="leave out scenarios that need ROS 2")
    parser.add_argument(
        "--peer",
        default=sys.executable,
        metavar="PYTHON",
        help="Python of an environment with the package fer, for the scenario peer (default: this one)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for name, text in (
        ("--save", "keep the results in FILE"),
        ("--check", "compare with the results in FILE; status 1 where something became slower"),
    ):
        parser.add_argument(name, type=Path, nargs="?", const=RESULTS, metavar="FILE", help=f"{text} ({RESULTS})")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=1.3,
        help="how many times slower a figure may be for --check (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print; a bar that is missed is named, and is no reason to fail."""
    if not 1.0 <= args.tolerance <= 100.0:
        raise ConfigError(f"--tolerance must be from 1 to 100, got {args.tolerance}")
    before = check.load(args.check) if args.check else None
    chosen, setup = scenarios.choose(args.scenario), _setup(args)
    if before is not None and not args.scenario:
        chosen = [scenario for scenario in scenarios.SCENARIOS if scenario.name in before["scenarios"]]
    report = measure(setup, chosen)
    slow: list[check.Change] = []
    text = ""
    if before is not None:
        found, slow = _compare(before, report, setup, args.tolerance)
        report["changes"] = [{name: getattr(change, name) for name in change.__slots__} for change in found]
        report["slower"] = [f"{change.scenario}: {change.figure}" for change in slow]
        text = f"\n\n{tables.changes(found, slow, args.tolerance)}"
    if args.save:
        check.save(report, args.save)
    print(json.dumps(report) if args.json else tables.report(report) + text)
    return 1 if slow else 0


def measure(setup: Setup, chosen: list[Scenario]) -> dict[str, Any]:
    """All figures as plain values.

    :raises FerError: a scenario that must work failed.
    """
    report: dict[str, Any] = {
        "fer_ros": __version__,
        "machine": machine.describe(),
        "versions": _versions(),
        "model": setup.bundle.name,
        "source": setup.source,
        "detector": setup.detector,
        "size": [setup.width, setup.height],
        "threads": setup.threads,
        "scenarios": {},
    }
    with Bar(len(chosen), "scenarios") as bar:
        for done, scenario in enumerate(chosen):
            bar.at(done, scenario.text)
            report["scenarios"][scenario.name] = scenario.run(setup)
    report["derived"] = derive(report["scenarios"])
    report["bars"] = judge(report)
    return report


def _compare(
    before: dict[str, Any], report: dict[str, Any], setup: Setup, tolerance: float
) -> tuple[list[check.Change], list[check.Change]]:
    """What changed, and what is slower even when measured again."""
    found = check.compare(before, report)
    for _ in range(REPEATS):
        suspects = {change.scenario for change in check.slower(found, tolerance)}
        if not suspects:
            break
        again = {s.name: s.run(setup) for s in scenarios.SCENARIOS if s.name in suspects}
        found = check.better(found, check.compare(before, {**report, "scenarios": again}))
    return found, check.slower(found, tolerance)


def _setup(args: argparse.Namespace) -> Setup:
    """The options, checked.

    :raises ConfigError: one is out of range, or a plugin or model is unknown.
    """
    width, height = parse_size(args.size)
    if not 1 <= args.frames <= 100_000:
        raise ConfigError(f"--frames must be from 1 to 100000, got {args.frames}")
    if not 1 <= args.threads <= 64:
        raise ConfigError(f"--threads must be from 1 to 64, got {args.threads}")
    registry.load("sources", args.source)
    setup = Setup(
        bundle=Bundle.load(args.model),
        source=args.source,
        detector=choosing.resolve(args.detector),
        detector_settings=detectors.typed(args.detector, assignments(args.set)),
        width=width,
        height=height,
        frames=args.frames,
        threads=args.threads,
        peer=args.peer,
        ros=not args.no_ros,
    )
    setup.make_detector()
    return setup


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of ``640x480``.

    :raises ConfigError: it is of another form or out of range.
    """
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    width, height = (int(number) for number in match.groups()) if match else (0, 0)
    if not (16 <= width <= 7680 and 16 <= height <= 7680):
        raise ConfigError(f"--size {text!r} must be two numbers from 16 to 7680, such as {SIZE}")
    return width, height


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
