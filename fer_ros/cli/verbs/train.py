"""Train a head on recorded bags and write a model; by default the head is chosen for you: see `--head`.

Without a bag, all recorded bags are used. `fer plugins heads NAME` shows the settings of a head.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fer_ros.cli import addresses, engine
from fer_ros.cli.assignments import assignments
from fer_ros.cli.progress import Bar
from fer_ros.cli.text import clean, table
from fer_ros.core import bags
from fer_ros.core.base import settings
from fer_ros.core.base.labels import renamed_text
from fer_ros.core.bundles import model_store
from fer_ros.core.datasets import left_out
from fer_ros.core.training import caches
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.fitting import head_setup
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome, Progress, percent
from fer_ros.core.training.request import Request

#: Settings of our own heads that have an option of their own.
NUMBERS = ("epochs", "learning_rate", "batch_fraction", "hidden_units", "patience")
FIGURES = ("precision", "recall", "f1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: one for each option of training, those of the head, and how to call the result."""
    parser.add_argument(
        "bags",
        nargs="*",
        metavar="BAG",
        help="name in $FER_HOME/bags, a path, or an address such as s3://fleet/robot7: all bags below it (default: all "
        "recorded)",
    )
    add_common(parser)
    for name, (kind, _, constraint) in settings.fields(Options).items():
        flag = f"--{name.replace('_', '-')}"
        if kind is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, help=constraint.help)
        else:
            parser.add_argument(
                flag,
                type=kind,
                choices=constraint.choices,
                help=constraint.help,
                metavar=None if constraint.choices else "X",
            )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting of the head, such as epochs=60, see `fer plugins heads NAME`; may be repeated",
    )
    engine.add_arguments(parser).add_argument(
        "--cache",
        default="",
        metavar="ADDRESS",
        help="where embeddings are kept for the next training: a folder, or an address such as s3://BUCKET/FOLDER",
    )
    short = parser.add_argument_group("short for --set, of heads that have such a setting")
    for name in NUMBERS:
        short.add_argument(f"--{name.replace('_', '-')}", metavar="X")
    short.add_argument("--from-general", action=argparse.BooleanOptionalAction)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Declare how to call the result, and how to show it."""
    parser.add_argument("--name", default="", help="name of the new model (default: one made from the time of day)")
    parser.add_argument("--select", action="store_true", help="use it from now on, wherever no model is named")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Train and print the outcome; Ctrl-C ends it and leaves nothing."""
    given = {name: getattr(args, name) for name in settings.fields(Options) if getattr(args, name) is not None}
    options = settings.make(Options, given)
    short = {name: str(value) for name in (*NUMBERS, "from_general") if (value := getattr(args, name)) is not None}
    of_head = head_setup.typed(options.head, {**short, **assignments(args.set)})
    head_setup.settings_of(options.head, of_head)
    return train(args, options, of_head)


def train(args: argparse.Namespace, options: Options, of_head: Mapping[str, Any] | None = None) -> int:
    """Train on ``args.bags`` and print the outcome.

    :param of_head: settings of the head that differ from its own defaults.
    """
    began = time.monotonic()
    folders = tuple(addresses.bags_of(args.bags)) or tuple(bags.listing())
    # `fer learn` has none of these.
    spread = {
        name: value for name in ("workers", "cluster", "cache") if (value := getattr(args, name, None)) is not None
    }
    if spread.get("cache"):
        spread["cache"] = caches.address_of(spread["cache"])
    request = Request(folders, options, args.name, of_head or {}, **spread)
    process = TrainingProcess()
    with Bar(100, "%") as bar:
        view = _View(bar)
        outcome = process.run(request, view.show)
    seconds = time.monotonic() - began
    if args.select:
        model_store.select(outcome.model)
    if args.json:
        print(json.dumps({**outcome.to_dict(), "seconds": seconds, "selected": args.select}))
    else:
        print(report(outcome, seconds, args.select))
    return 0


@dataclass
class _View:
    """The bar, with the last epoch beside it."""

    bar: Bar
    note: str = field(default="", init=False)

    def show(self, step: Progress) -> None:
        if step.row:
            found = {name: f"{value:.3f}" for name, value in step.row.items()}
            self.note = f"epoch {step.epoch} of {step.epochs}, loss {found['loss']}"
            if "val_accuracy" in found:
                self.note += f", validation accuracy {found['val_accuracy']}"
        self.bar.at(int(100 * step.share), self.note if step.phase == "training" else step.phase)


def report(outcome: Outcome, seconds: float, selected: bool) -> str:
    """The outcome as text."""
    found = outcome.metrics
    total = {part: outcome.total(part) for part in ("train", "validation", "test")}
    lines = [f"model {outcome.model}: head {outcome.head} on the backbone of {outcome.base}, in {seconds:.1f} s"]
    if outcome.split == "cross":
        lines.append(f"{total['train']} faces to train; {outcome.note}")
    else:
        lines.append(
            f"{total['train']} faces to train, {total['validation']} to validate, {total['test']} to test; "
            f"{outcome.note}"
        )
    if outcome.left_out or outcome.without_face:
        lines.append(f"left out: {outcome.left_out} between two parts, {outcome.without_face} frames without a face")
    if outcome.renamed:
        lines.append(f"renamed: {renamed_text(outcome.renamed)}")
    lines += [f"left out: {line}" for line in left_out.lines(outcome.skipped, outcome.skipped_names)]
    if outcome.history:
        lines.append(_losses(outcome.history))
    if "chosen" in outcome.facts:
        lines.append(f"{'the general model stays' if outcome.general_kept else 'taught'}: {outcome.facts['why']}")
    if "people" in outcome.facts:
        lines.append(f"people it knows by their faces: {outcome.facts['people']}; it publishes their names where sure")
    lines += ["", outcome.claim, *filter(None, (_compared(outcome), outcome.expectation, outcome.advice))]
    if found.count:
        lines += ["", "rows: true labels; the last columns: how many were taken for which", "", _table(outcome)]
    lines += [
        "",
        f"{outcome.path}",
        "it is selected: used from now on where no model is named"
        if selected
        else f"use it: fer live --model {outcome.model}, always: fer models select {outcome.model}",
    ]
    return "\n".join(line if "\n" in line else clean(line) for line in lines)


def _table(outcome: Outcome) -> str:
    found = outcome.metrics
    rows: list[tuple[Any, ...]] = []
    for label, confusion in zip(found.labels, found.confusion, strict=True):
        figures = found.per_class[label]
        if not figures["count"] and not sum(row[found.labels.index(label)] for row in found.confusion):
            continue
        rows.append((label, *(percent(figures[name]) for name in FIGURES), int(figures["count"]), *confusion))
    header = ("label", *FIGURES, "count", *found.labels)
    return table(header, rows, right=range(1, len(header)))


def _losses(history: list[dict[str, float]]) -> str:
    first, last = history[0], history[-1]
    text = f"loss {first['loss']:.3f} → {last['loss']:.3f} in {len(history)} epochs"
    if "val_loss" in last:
        text += f", on validation {first['val_loss']:.3f} → {last['val_loss']:.3f}"
    return text


def _compared(outcome: Outcome) -> str:
    general = outcome.baseline
    if general is None:
        return f"the general model {outcome.base} lacks some of these labels, so it was not measured"
    if not general.count:
        return ""
    right = round(general.accuracy * general.count)
    return f"the general model {outcome.base} on the same faces: {right} right, accuracy {percent(general.accuracy)}"
