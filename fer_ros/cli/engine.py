"""The options of verbs that work on many things: how many processes, or which cluster."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from fer_ros.core.engine import Engine
from fer_ros.core.engine import opened as opened_engine


def add_arguments(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare ``--workers`` and ``--cluster``; returns their group."""
    group = parser.add_argument_group("more than one core", "the answers are the same; needs fer_ros[cluster]")
    group.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes of this machine; 0: one for each core"
    )
    group.add_argument(
        "--cluster", default="", metavar="ADDRESS", help="a Dask scheduler that you started, such as tcp://HOST:8786"
    )
    return group


def opened(args: argparse.Namespace, files: Sequence[Path] = ()) -> contextlib.AbstractContextManager[Engine]:
    """The engine that the options ask for; see :func:`fer_ros.core.engine.opened`."""
    return opened_engine(args.workers, args.cluster, files)
