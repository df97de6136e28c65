"""Measure a model on a dataset: a recorded bag, a folder <label>/*.png|jpg, or fer2013.csv."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from fer_ros.cli.progress import Bar
from fer_ros.cli.text import clean, table
from fer_ros.core import datasets, paths, registry
from fer_ros.core.bundle import Bundle
from fer_ros.core.evaluation import Evaluation, evaluate
from fer_ros.core.labels import resolve
from fer_ros.core.recogniser import Model

FIGURES = ("precision", "recall", "f1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset", type=Path, metavar="DATASET", help="a bag, a folder <label>/*.png|jpg, or fer2013.csv"
    )
    parser.add_argument(
        "--model", default=paths.SELECTED, help="name of a model, or the folder of one (default: %(default)s)"
    )
    parser.add_argument("--crops", action="store_true", help="the pictures are faces already: no detector runs")
    parser.add_argument("--detector", default="haar", help="detector plugin (default: %(default)s)")
    parser.add_argument("--split", help="of FER2013: Training, PublicTest or PrivateTest (default: all but Training)")
    parser.add_argument(
        "--among",
        metavar="LABELS",
        help="choose only among these labels: a list with commas, or `data` for those that the dataset has",
    )
    parser.add_argument("--strict", action="store_true", help="refuse unknown labels and broken pictures")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Evaluate and print."""
    source = Path(args.model) if "/" in args.model else args.model
    model = Model.open(Bundle.load(source), max(1, args.threads))
    dataset = datasets.load(args.dataset, args.crops, args.split)
    detector = None if dataset.crops else registry.load("detectors", args.detector)()
    with Bar(len(dataset), "pictures") as bar:
        result = evaluate(model, dataset, detector, _among(args.among, dataset, model), args.strict, bar.at)
    print(json.dumps(result.to_dict()) if args.json else report(result))
    return 0


def report(result: Evaluation) -> str:
    """The result as text."""
    found, facts = result.metrics, result.to_dict()
    rows = []
    for label, confusion in zip(found.labels, found.confusion, strict=True):
        figures = found.per_class[label]
        rows.append((label, *(f"{figures[name]:.3f}" for name in FIGURES), figures["count"], *confusion))
    lines = [
        f"model {result.model} on {result.dataset}: {found.count} faces",
        f"accuracy {found.accuracy:.3f}   macro precision {found.macro_precision:.3f}   "
        f"recall {found.macro_recall:.3f}   F1 {found.macro_f1:.3f}   "
        f"calibration error {facts['expected_calibration_error']:.3f}",
        "rows: true labels; the last columns: how many were taken for which",
    ]
    if result.no_face:
        lines.append(f"no face found in {result.no_face} pictures (not counted)")
    lines += [f"left out: {count} {reason}" for reason, count in result.skipped.items()]
    header = ("label", *FIGURES, "count", *found.labels)
    return "\n".join([*(clean(line) for line in lines), "", table(header, rows, right=range(1, len(header)))])


def _among(text: str | None, dataset: datasets.Dataset, model: Model) -> tuple[str, ...] | None:
    if text is None:
        return None
    if text != "data":
        return tuple(name.strip() for name in text.split(","))
    return tuple(name for name in dataset.labels if resolve(name, model.bundle.labels)) or None
