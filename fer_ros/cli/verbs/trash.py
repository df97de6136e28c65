"""List what was discarded: takes and whole bags. Bring one back, or remove it for good."""

from __future__ import annotations

import argparse
import json
import time

from fer_ros.cli.text import clean, table, warn
from fer_ros.core import bags
from fer_ros.core.trash import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    changes = parser.add_subparsers(dest="change", metavar="CHANGE", help="leave it out to list what is there")
    restore = changes.add_parser("restore", help="bring something back")
    restore.add_argument("name", metavar="NAME", help="as `fer trash` lists it")
    empty = changes.add_parser("empty", help="remove things for good")
    empty.add_argument("name", metavar="NAME", nargs="?", help="only this one")


def run(args: argparse.Namespace) -> int:
    """Print what there is, or change it."""
    parent = bags.bag_folder()
    if args.change is not None:
        done = change(args)
        print(json.dumps({"message": done}) if args.json else clean(done))
        return 0
    found = store.entries(parent)
    if args.json:
        print(json.dumps({"trash": [entry.to_dict() for entry in found]}, ensure_ascii=False))
        return 0
    if not found:
        warn("the trash is empty")
        return 0
    rows = [
        (e.name, e.bag, "all" if e.whole else e.take or "-", e.label, e.subject, e.samples, _when(e.at)) for e in found
    ]
    print(table(("name", "bag", "take", "label", "subject", "samples", "discarded"), rows, right=(5,)))
    return 0


def change(args: argparse.Namespace) -> str:
    """Do what is asked for.

    :returns: what was done, in one line.
    :raises FerError: there is no such thing, or it cannot be done.
    """
    parent = bags.bag_folder()
    if args.change == "restore":
        entry = store.find(parent, args.name)
        return f"{bags.restore(parent, entry)} samples are back in {parent / entry.bag}"
    chosen = store.entries(parent) if args.name is None else [store.find(parent, args.name)]
    for entry in chosen:
        store.empty(parent, entry.path)
    return f"{', '.join(entry.name for entry in chosen) or 'nothing'} is removed for good"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
