"""Measure a model on a dataset: a recorded bag, a folder <label>/*.png|jpg, a table of pictures, or fer2013.csv.

On a folder of pictures without labels, in which nobody is, it counts what is taken for a face; on a film, how steadily
faces are followed and read. Several detectors are compared.
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from fer_ros.cli import addresses, detectors, engine
from fer_ros.cli.assignments import assignments
from fer_ros.cli.progress import Bar
from fer_ros.cli.text import clean, table
from fer_ros.core.base import paths
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import AS_IS, KNOWN, LABEL_NAMES_HELP, renamed_text, resolve
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import datasets, left_out
from fer_ros.core.evaluating import duplicates, films, finding, report, robustness
from fer_ros.core.evaluating.evaluation import evaluate
from fer_ros.core.evaluating.figures import figures
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import choosing, depth
from fer_ros.core.vision.pictures import file_kind

FIGURES = ("precision", "recall", "f1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        help="a bag, also at an address such as s3://fleet/bag; a folder <label>/*.png|jpg, a table of paths and "
        "labels, or fer2013.csv (or .npz); a folder of pictures in which nobody is; a film",
    )
    parser.add_argument(
        "--model", default=paths.SELECTED, help="name of a model, or the folder of one (default: %(default)s)"
    )
    parser.add_argument("--crops", action="store_true", help="the pictures are faces already: no detector runs")
    parser.add_argument(
        "--detector", default="auto", help="detector plugin, or several separated by commas (default: %(default)s)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the detector; may be repeated",
    )
    parser.add_argument("--mirror", action="store_true", help="read each face and its mirror image, and average")
    parser.add_argument(
        "--split", help="of FER2013 or of a folder of splits, such as PublicTest (default: all but training)"
    )
    parser.add_argument("--label-names", choices=(KNOWN, AS_IS), default=KNOWN, help=LABEL_NAMES_HELP)
    parser.add_argument("--bits", default="", help=depth.HELP)
    parser.add_argument(
        "--among",
        metavar="LABELS",
        help="choose only among these labels: a list separated by commas, or `data` for those of the dataset",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="write report.md, report.json and pictures into a folder"
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="measure also against blur, noise, little light, small faces, rotation, shifted boxes, JPEG; "
        "takes some 60 times as long",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse unknown labels, files that look like pictures and cannot be read, damaged rows, crops of unequal "
        "sizes, and data of one label",
    )
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    engine.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate, print, and write the report."""
    if args.report is not None:
        report.check(args.report)
    args.dataset = addresses.dataset(args.dataset)
    source = Path(args.model) if "/" in args.model else args.model
    model = Model.open(Bundle.load(source), max(1, args.threads), args.mirror)
    names = list(dict.fromkeys(choosing.resolve(name.strip()) for name in args.detector.split(",")))
    finders = {} if args.crops else {name: detectors.make(name, assignments(args.set)) for name in names}
    if not args.crops and (finding.is_plain(args.dataset) or _is_film(args.dataset)):
        return _unlabelled(args, model, finders)
    dataset = datasets.load(args.dataset, args.crops, args.split, args.strict, depth.parse(args.bits))
    finders = {} if dataset.crops else finders
    detector = next(iter(finders.values()), None)
    among = _among(args.among, dataset, model)
    # What all workers must see at the same path; the pictures of a bag and of FER2013 travel.
    needed = [model.bundle.path, *([args.dataset] if args.dataset.is_dir() else [])]
    with engine.opened(args, needed) as pool, Bar(len(dataset), "pictures") as bar:
        result = evaluate(model, dataset, detector, among, args.strict, bar.at, args.label_names, pool)
    found = figures(result, duplicates.twins(dataset))
    found["detectors"] = {}
    for name, finder in finders.items():
        other = result
        if finder is not detector:
            with engine.opened(args, needed) as pool, Bar(len(dataset), f"pictures with {name}") as bar:
                other = evaluate(model, dataset, finder, among, args.strict, bar.at, args.label_names, pool)
        found["detectors"][name] = finding.found(other)
    if args.robustness:
        with Bar(len(dataset), "pictures made worse") as bar:
            found["robustness"] = robustness.measure(model, dataset, detector, among, bar.at).to_dict()
    if args.report is not None:
        report.write(args.report, result, found, _command(args))
    print(json.dumps(found) if args.json else text(found))
    if args.report is not None and not args.json:
        print(f"\nreport: {clean(args.report / report.TEXT)}")
    return 0


def _is_film(path: Path) -> bool:
    return path.is_file() and str(file_kind(path)).startswith("film")


def _unlabelled(args: argparse.Namespace, model: Model, finders: dict[str, Detector]) -> int:
    """Measure on a film, or on a folder of pictures in which nobody is."""
    for name in ("report", "split", "among", "robustness"):
        if getattr(args, name):
            raise ConfigError(f"{args.dataset} has no labels: leave --{name} away")
    film, out = args.dataset.is_file(), {}
    for name, finder in finders.items():
        with Bar(0, f"done with {name}") as bar:
            if film:
                out[name] = films.measure(model, finder, args.dataset, progress=bar.at)
            else:
                out[name] = finding.alarms(model, finder, args.dataset, bar.at).to_dict()
    whole = {"model": model.bundle.name, "film" if film else "folder": str(args.dataset), "detectors": out}
    print(json.dumps(whole) if args.json else clean(str(args.dataset)) + "\n\n" + (_film if film else _alarms)(out))
    return 0


def _film(out: dict[str, Any]) -> str:
    rows = []
    for name, one in out.items():
        changes, tremble = one["label_changes_a_minute"], one["tremble"]
        rows.append(
            (
                name,
                *(one[key] for key in ("frames", "seen", "lost", "ids", "id_changes")),
                "" if changes is None else f"{changes:.1f}",
                "" if tremble is None else f"{tremble:.4f}",
            )
        )
    header = ("detector", "frames", "with a face", "lost", "ids", "id changes", "label changes a minute", "tremble")
    return table(header, rows, right=range(1, len(header)))


def _alarms(out: dict[str, Any]) -> str:
    header = ("detector", "pictures", "with an answer", "with a label", "the first")
    rows = []
    for name, one in out.items():
        first = ", ".join(clean(entry["name"]) for entry in one["names"][:5])
        rows.append((name, one["pictures"], _share(one["answered"]), _share(one["labelled"]), first))
    return table(header, rows, right=(1, 2, 3))


def _share(one: dict[str, Any]) -> str:
    if one["share"] is None:
        return ""
    low, high = one["interval"]
    return f"{one['share']:.3f} ({low:.3f} to {high:.3f})"


def _finders(out: dict[str, Any]) -> str:
    header = ("detector", "pictures", "found", "right of those found", "right of all")
    shares = ("found", "right_of_found", "right_of_all")
    rows = [(name, one["pictures"], *(_share(one[key]) for key in shares)) for name, one in out.items()]
    return table(header, rows, right=range(1, len(header)))


def text(found: dict[str, Any]) -> str:
    """The figures for a terminal."""
    lines = [f"model {found['model']} on {found['dataset']}: {found['count']} faces", _scores(found)]
    if found.get("clean"):
        count = found["near_duplicates"]["count"]
        lines += [
            f"without those that have a near-duplicate in another split ({count}): {found['clean']['count']} faces",
            _scores(found["clean"]),
        ]
    lines.append("rows: true labels; the last columns: how many were taken for which")
    if found["no_face"]:
        lines.append(f"no face found in {found['no_face']} pictures (not counted)")
    if found["renamed"]:
        lines.append(f"renamed: {renamed_text(found['renamed'])}")
    lines += [f"left out: {line}" for line in left_out.lines(found["skipped"], found["skipped_names"])]
    lines += [f"note: {note}" for note in found["notes"]]
    rows = []
    for label, confusion in zip(found["labels"], found["confusion"], strict=True):
        values = found["per_class"][label]
        rows.append((label, *(f"{values[name]:.3f}" for name in FIGURES), values["count"], *confusion))
    header = ("label", *FIGURES, "count", *found["labels"])
    tables = [table(header, rows, right=range(1, len(header)))]
    if found["detectors"]:
        tables.insert(0, _finders(found["detectors"]))
    if "robustness" in found:
        tables.insert(0, _robustness(found["robustness"]))
    return "\n".join([*(clean(line) for line in lines), "", "\n\n".join(tables)])


def _scores(found: dict[str, Any]) -> str:
    low, high = found["intervals"]["accuracy"]
    return (
        f"accuracy {found['accuracy']:.3f} (95 %: {low:.3f} to {high:.3f})   "
        f"macro precision {found['macro_precision']:.3f}   recall {found['macro_recall']:.3f}   "
        f"F1 {found['macro_f1']:.3f}   calibration error {found['expected_calibration_error']:.3f}"
    )


def _robustness(values: dict[str, Any]) -> str:
    rows = []
    for name, curve in values["curves"].items():
        points = curve["points"]
        rows.append((name, curve["axis"], " ".join(f"{p['amount']:g}:{p['accuracy']:.3f}" for p in points)))
    return table(("way", "amount", "accuracy at each amount"), rows)


def _command(args: argparse.Namespace) -> str:
    """What made the report, with the options that decide its figures."""
    words = ["fer", "eval", str(args.dataset), "--model", str(args.model)]
    words += [f"--{name}" for name in ("crops", "mirror", "robustness", "strict") if getattr(args, name)]
    for name, usual in (
        ("detector", "auto"),
        ("split", None),
        ("among", None),
        ("report", None),
        ("bits", ""),
        ("label_names", KNOWN),
    ):
        if getattr(args, name) != usual:
            words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    words += [word for pair in args.set for word in ("--set", pair)]
    return shlex.join(words)


def _among(names: str | None, dataset: datasets.Dataset, model: Model) -> tuple[str, ...] | None:
    if names is None:
        return None
    if names != "data":
        return tuple(name.strip() for name in names.split(","))
    return tuple(name for name in dataset.labels if resolve(name, model.bundle.labels)) or None
