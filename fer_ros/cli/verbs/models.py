"""List the models, yours and those that ship with the package; select, rename, delete, push or pull one, or go back."""

from __future__ import annotations

import argparse
import json
from typing import Any

from fer_ros.cli.text import clean, size, table, warn
from fer_ros.core import carrying
from fer_ros.core.base import paths
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.model_list import Listed, accuracy, listing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    changes = parser.add_subparsers(dest="change", metavar="CHANGE", help="leave it out to list the models")
    select = changes.add_parser("select", help="use a model from now on where none is named")
    select.add_argument("name", metavar="NAME")
    rename = changes.add_parser("rename", help="rename one of your models")
    rename.add_argument("name", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    delete = changes.add_parser("delete", help="delete one of your models")
    delete.add_argument("name", metavar="NAME")
    changes.add_parser("rollback", help="go back to the model that was selected before")
    push = changes.add_parser("push", help="put a model into a folder or at an address, for other robots")
    push.add_argument("name", metavar="NAME")
    push.add_argument(
        "address", metavar="ADDRESS", help="a folder, s3://BUCKET/PLACE …; with / at its end NAME is added"
    )
    push.add_argument("--names", action="store_true", help="leave the names of people and bags in")
    pull = changes.add_parser("pull", help="bring a model that was pushed; select or load_model then uses it")
    pull.add_argument("address", metavar="ADDRESS")
    pull.add_argument("name", metavar="NAME", nargs="?", default="", help="what to call it here (default: as there)")
    for parts in (push, pull):
        parts.add_argument("--replace", action="store_true", help="replace another model of that name or place")


def run(args: argparse.Namespace) -> int:
    """Print the models, or change one; a damaged one is named with what is wrong, and is no reason to fail."""
    if args.change is not None:
        more: dict[str, Any] = {}
        if args.change in ("push", "pull"):
            done, more = carry(args)
        else:
            done = change(args)
        print(json.dumps({"selected": paths.selected(), "message": done, **more}) if args.json else clean(done))
        return 0
    found, selected = listing(), paths.selected()
    if args.json:
        print(json.dumps({"models": [model.to_dict() for model in found], "selected": selected}))
        return 0
    if not found:
        folders = " or ".join(str(folder) for folder in paths.model_folders())
        warn(f"no model in {folders}: make one with `fer pretrain`, or copy one there")
        return 0
    header = ("name", "labels", "backbone", "head", "input", "accuracy", "size", "path")
    print(table(header, [_row(model) for model in found], right=(5, 6)))
    print(clean(f"selected: {selected}"))
    for model in found:
        if model.bundle is None:
            warn(model.error)
    for model in found:
        if model.hidden:
            print(clean(f"{model.path} is hidden: the name '{model.name}' stands for your own model"))
    return 0


def change(args: argparse.Namespace) -> str:
    """Do what is asked for; a running inference goes on with its model.

    :returns: what was done, in one line.
    :raises ConfigError: see ``fer_ros.core.bundles.model_store``.
    """
    if args.change == "select":
        model_store.select(args.name)
        call = f'ros2 service call /fer/load_model fer_msgs/srv/LoadModel "{{name: {args.name}}}"'
        return f"{args.name} is selected, from the next start on; for an inference that runs: {call}"
    if args.change == "rename":
        return f"{args.name} is now {model_store.rename(args.name, args.new).name}"
    if args.change == "delete":
        return f"{args.name} is deleted; selected is {model_store.delete(args.name)}"
    given_up, now = model_store.rollback()
    return f"back from {given_up} to {now}"


def carry(args: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Push or pull a model.

    :returns: what was done, in one line, and as plain values.
    :raises FerError: see :mod:`fer_ros.core.carrying.models`.
    """
    if args.change == "push":
        done = carrying.push(args.name, args.address, args.replace, args.names)
        what = f"{done.name} is at {done.at}"
    else:
        done = carrying.pull(args.address, args.name, args.replace)
        what = f"{done.name} is here, from {done.at}"
    sent = f"{size(done.moved)} of {size(done.bytes)} had to travel" if done.moved else "nothing had to travel"
    return f"{what}; {sent}", {"model": done.to_dict()}


def _row(model: Listed) -> tuple[str, ...]:
    bundle = model.bundle
    if bundle is None:
        return model.name, "damaged", "-", "-", "-", "-", size(model.bytes), str(model.path)
    spec, measured = bundle.input, accuracy(bundle)
    return (
        model.name,
        f"{len(bundle.labels)}: {', '.join(bundle.labels)}",
        bundle.backbone.plugin,
        bundle.head.plugin,
        f"{spec.width}x{spec.height}x{spec.channels}",
        "-" if measured is None else f"{measured:.3f}",
        size(model.bytes),
        str(model.path),
    )
