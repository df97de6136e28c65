"""Correct the general model for one person, from a few seconds of that person's neutral face in a bag.

Record them with `fer record`. Nothing else is taught, and all labels stay.
"""

from __future__ import annotations

import argparse

from fer_ros.cli.verbs.train import add_common, train
from fer_ros.core.training.options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bags", nargs="+", metavar="BAG", help="name in $FER_HOME/bags, or a path; its neutral faces count"
    )
    parser.add_argument("--base", default="default", help="the model to correct (default: %(default)s)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Calibrate and print the outcome."""
    return train(args, Options(head="calibrated", base=args.base))
