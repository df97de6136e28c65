"""Fetch the network of the best face detector (0.3 MB) from where its makers publish it."""

from __future__ import annotations

import argparse
import json

from fer_ros.cli.text import clean
from fer_ros.core.base.errors import FerError
from fer_ros.core.vision import choosing, networks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Fetch it, and say which detector `auto` takes now; 1 if the fetching failed."""
    problem = ""
    try:
        networks.YUNET.fetch()
    except FerError as error:
        problem = str(error)
    choice = choosing.best()
    if args.json:
        print(json.dumps({"detector": choice.name, "missing": choice.missing, "problem": problem}))
    else:
        for line in filter(None, (problem, str(choice))):
            print(clean(line))
    return 1 if problem else 0
