"""Make a bag from pictures: a folder <label>/*.png|jpg, a table of paths and labels, fer2013.csv, or a project.

FER+'s fer2013new.csv may lie beside fer2013.csv. A project is the file of `fer export --file` or of the page; its model
is installed, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from pathlib import Path

from fer_ros.cli import detectors, engine
from fer_ros.cli.assignments import assignments
from fer_ros.cli.progress import Bar
from fer_ros.cli.text import clean
from fer_ros.core import bags
from fer_ros.core.bags.storages import BY_NAME, DEFAULT
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.labels import AS_IS, KNOWN, LABEL_NAMES_HELP, LabelNames
from fer_ros.core.base.paths import check_name
from fer_ros.core.datasets import importing
from fer_ros.core.datasets.datasets import FolderDataset, ListedDataset, check_table, is_listing
from fer_ros.core.datasets.left_out import summary
from fer_ros.core.exporting import project as projects
from fer_ros.core.exporting import project_file
from fer_ros.core.vision import choosing, depth


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = "a folder <label>/*.png|jpg, a table of paths and labels, fer2013.csv (or .npz), or a project (.zip)"
    parser.add_argument("path", type=Path, metavar="PATH", help=kinds)
    parser.add_argument("--bag", metavar="NAME", help="name of the bag (default: the name of PATH)")
    parser.add_argument("--crops", action="store_true", help="the pictures are faces already: no detector runs")
    parser.add_argument("--detector", default="auto", metavar="NAME", help="detector plugin (default: %(default)s)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the detector; may be repeated"
    )
    parser.add_argument("--without-face", action="store_true", help="keep pictures without a face, too")
    parser.add_argument("--split", help="of FER2013 or of a folder of splits, such as PublicTest (default: all)")
    parser.add_argument("--bits", default="", help=depth.HELP)
    parser.add_argument(
        "--votes",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="FER2013 only: label by FER+ votes; leave out faces on which a smaller share agreed, such as 0.5",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="of a project: the name of its model (default: that of the bag)"
    )
    parser.add_argument("--label-names", choices=(KNOWN, AS_IS), default=KNOWN, help=LABEL_NAMES_HELP)
    parser.add_argument("--consent", default="", metavar="TEXT", help="what the people in the pictures have agreed to")
    parser.add_argument("--storage", choices=tuple(BY_NAME), default=DEFAULT, help="files of the bag")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse damaged rows, files that look like pictures and cannot be read, and unusable labels",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    engine.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Import; nothing of a bag that could not be made whole is left."""
    folder = bags.bag_folder() / check_name("bag", args.bag or args.path.resolve().stem)
    if project_file.is_one(args.path):
        return _project(args, folder)
    if folder.exists():
        raise ConfigError(f"there is a bag '{folder.name}' already: give another name by --bag, or remove {folder}")
    if not 0.0 <= args.votes <= 1.0:
        raise ConfigError("--votes is a share: give 0 to 1")
    crops = args.crops
    if not args.path.is_dir():
        check_table(args.path)
    if args.path.is_dir() or is_listing(args.path):
        if args.votes:
            raise ConfigError(f"{args.path} is not FER2013: leave --votes away")
        kind = FolderDataset if args.path.is_dir() else ListedDataset
        dataset = kind(args.path, crops, args.split, args.strict, depth.parse(args.bits))
        pictures = importing.from_dataset(dataset)
    else:
        crops = True
        pictures = importing.from_fer2013(args.path, args.split, args.votes, args.strict)
    finder = "" if crops else choosing.resolve(args.detector)
    detector = detectors.make(finder, assignments(args.set)) if finder else None
    facts = {**importing.facts(args.path, finder), "consent": args.consent}
    done, names = importing.Imported(), LabelNames(args.label_names)
    try:
        with (
            engine.opened(args, [args.path] if args.path.is_dir() else []) as pool,
            Bar(pictures.count, "pictures") as bar,
            bags.BagWriter(folder, facts, args.storage) as writer,
        ):
            done = importing.write(
                pictures, writer, detector, args.without_face, time.time_ns, bar.at, args.strict, names, pool
            )
    except (FerError, KeyboardInterrupt):
        _remove(folder)
        raise
    if not done.labels:
        raise ConfigError(f"{args.path}: no picture could be used ({summary(done.left_out.counts) or 'there is none'})")
    if args.json:
        left_out = {"left_out": done.left_out.counts, "left_out_names": done.left_out.names}
        found = {**bags.info(folder).to_dict(), **left_out, "renamed": names.renamed}
        print(json.dumps(found, ensure_ascii=False))
        return 0
    labels = ", ".join(f"{label} {number}" for label, number in done.labels.items())
    print(f"{folder}: {sum(done.labels.values())} pictures ({labels})")
    if names.renamed:
        print(clean(f"renamed: {names}"))
    for line in done.left_out.lines():
        print(clean(f"left out: {line}"))
    return 0


def _project(args: argparse.Namespace, folder: Path) -> int:
    """A bag, and a model, of a project."""
    if args.votes or args.split or args.without_face or args.set:
        raise ConfigError(f"{args.path} is a project: its faces are cut already, leave the options of other data away")
    facts = {**importing.facts(args.path, ""), "consent": args.consent}
    names = LabelNames(args.label_names)
    with project_file.Reader(args.path) as project:
        total = len(project.samples)
    with Bar(total, "pictures") as bar:
        done = projects.load(args.path, folder, args.model or folder.name, facts, args.storage, names, bar.at)
    if args.json:
        found = bags.info(folder).to_dict() if done.labels else {}
        print(json.dumps({**found, "model": done.model or None, "renamed": done.renamed}, ensure_ascii=False))
        return 0
    if done.labels:
        labels = ", ".join(f"{label} {number}" for label, number in done.labels.items())
        print(clean(f"{folder}: {total} pictures ({labels})"))
    if done.renamed:
        print(clean(f"renamed: {names}"))
    if done.model:
        print(f"model {done.model}: use it by `fer models select {done.model}`")
    return 0


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
