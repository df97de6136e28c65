"""See emotions: run camera and inference in one process, with a status line every second.

Ctrl-C ends it with a summary. Nodes, parameters and topics are those of `ros2 launch fer_ros live.launch.py`.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer_ros.cli.assignments import assignments
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Result
from fer_ros.core.recognition.tally import Tally

if TYPE_CHECKING:
    from fer_ros.nodes.live import Live


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--source", metavar="NAME", help="where frames come from; see `fer plugins sources`")
    parser.add_argument("--detector", metavar="NAME", help="what finds the faces; see `fer plugins detectors`")
    parser.add_argument("--model", metavar="NAME", help="a model (see `fer models`), or the folder of one")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter, such as sources.camera.fps=15, detectors.haar.max_faces=3 or threads=2; may be repeated",
    )
    parser.add_argument(
        "--params-file", type=Path, metavar="FILE", help="parameter file to use instead of config/params.yaml"
    )
    parser.add_argument("--frames", type=_count, default=0, metavar="N", help="end after N frames (default: 0, never)")
    parser.add_argument(
        "--namespace",
        default="/fer",
        help="of the nodes and topics; one for each camera, with commas between (default: %(default)s)",
    )
    parser.add_argument(
        "--annotate", action=argparse.BooleanOptionalAction, help="offer image_annotated, drawn while someone listens"
    )
    parser.add_argument(
        "--dashboard",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="serve a page that shows, records and trains, by default to this machine alone; set it up by --set, "
        "such as dashboard.port=9000, dashboard.host=0.0.0.0 or recorder.storage=sqlite3",
    )
    parser.add_argument(
        "--sink",
        metavar="NAME",
        action="append",
        default=[],
        help="sink of the results, in place of the status line; see `fer plugins sinks`; may be repeated",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a frame; everything else goes to stderr"
    )


def run(args: argparse.Namespace) -> int:
    """Run until the end; 0 also after Ctrl-C, which is how this is ended."""
    for module in ("rclpy", "fer_msgs"):
        if importlib.util.find_spec(module) is None:
            raise ConfigError(f"{module} is not installed here: run `make setup`, or source ROS 2 and the workspace")
    from fer_ros.nodes.live import WITH_PAGE, Live, LiveOptions

    tally = Tally()

    def take(result: Result) -> None:
        if not tally.frames:
            _say(live)
        tally.add(result)

    log_level = args.log_level.removesuffix("ing")  # ROS says "warn"
    sinks = ("json_lines",) if args.json else () if args.sink else ("console",)
    more = WITH_PAGE if args.dashboard else ()
    options = LiveOptions(_settings(args), args.params_file, args.namespace, log_level, args.frames, sinks, more)
    live = Live(options, take)
    try:
        live.run()
        live.inference.sinks.stop()
        dropped = live.inference.sinks.dropped
        summary = f"{tally.text()}\n{live.dropped} frames replaced by newer ones, {dropped} not printed"
        print(summary, file=sys.stderr if args.json else sys.stdout, flush=True)
    finally:
        live.close()
    return live.status


def _say(live: Live) -> None:
    print(f"source: {live.camera.describe()}; {live.inference.describe()}", file=sys.stderr, flush=True)


def _settings(args: argparse.Namespace) -> dict[str, str]:
    settings = {"exit_at_end": "true"} | assignments(args.set)
    for name in ("source", "detector", "model"):
        if getattr(args, name) is not None:
            settings[name] = getattr(args, name)
    if args.sink:
        settings["sink"] = ",".join(args.sink)
    if args.annotate is not None:
        settings["annotate"] = str(args.annotate)
    return settings


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value
