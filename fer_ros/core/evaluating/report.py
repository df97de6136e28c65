"""The report of an evaluation: a folder with ``report.md``, ``report.json`` and pictures."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from fer_ros import __version__
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import write_atomic
from fer_ros.core.datasets import left_out
from fer_ros.core.evaluating import pictures, plots
from fer_ros.core.evaluating.evaluation import Evaluation
from fer_ros.core.evaluating.figures import SCORES

JSON, TEXT = "report.json", "report.md"
#: Everything that a report may consist of.
FILES = (TEXT, "confusion.png", "classes.png", "calibration.png", "mistakes.png", "robustness.png", JSON)
#: Mistakes that are named in the text; all that were kept are in ``report.json``.
NAMED = 10
#: Backslash first, so that those put in are not doubled.
SPECIAL = "\\`*_[]<>|#$~"


def check(folder: Path) -> None:
    """Check before the work that a report can be written there.

    :raises ConfigError: the folder holds other things, cannot be written to, or matplotlib is missing.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder: name a new one for the report")
    if folder.is_dir() and (others := _others(folder)):
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise ConfigError(
            f"{folder} holds files that belong to no report ({others[0]}{more}): give a new or empty folder, "
            "or one with an earlier report"
        )
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ConfigError(f"{there} cannot be written to: give another folder for the report")
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError("the report's pictures need matplotlib: pip install matplotlib")


def write(folder: Path, result: Evaluation, figures: dict[str, Any], command: str) -> None:
    """Write the report, in place of an earlier one. ``report.json`` comes last: where it is, the rest is whole.

    :param figures: of :func:`fer_ros.core.evaluating.figures.figures`, with ``robustness`` where it was measured.
    :param command: what the user typed.
    :raises ConfigError: see :func:`check`.
    :raises OSError: the disk is full or the folder cannot be written.
    """
    check(folder)
    contents = {
        "confusion.png": plots.confusion(result.metrics),
        "classes.png": pictures.class_bars(figures),
        "calibration.png": pictures.reliability(figures),
    }
    if result.mistakes:
        contents["mistakes.png"] = pictures.contact_sheet(result.mistakes)
    if "robustness" in figures:
        contents["robustness.png"] = pictures.robustness(figures["robustness"])
    document = {"fer_ros": __version__, "command": command, **figures}
    contents[TEXT] = markdown(document).encode()
    contents[JSON] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).unlink(missing_ok=True)
    for name in FILES:
        if name in contents:
            write_atomic(folder / name, contents[name])
        else:
            (folder / name).unlink(missing_ok=True)


def markdown(document: dict[str, Any]) -> str:
    """The text of the report."""
    parts = [_head(document), _scores(document)]
    if document.get("detectors"):
        parts.append(_detectors(document["detectors"]))
    parts += [_classes(document), _calibration(document), _mistakes(document)]
    if "robustness" in document:
        parts.append(_robustness(document["robustness"]))
    return "\n\n".join(parts) + "\n"


def _head(document: dict[str, Any]) -> str:
    lines = [
        f"# {_text(document['model'])} on {_text(document['dataset'])}",
        "",
        f"Made by `{_code(document['command'])}` (fer_ros {document['fer_ros']}).",
        "",
        f"- faces: {document['count']}",
    ]
    if document["no_face"]:
        lines.append(f"- pictures in which no face was found, not counted: {document['no_face']}")
    if document["skipped"]:
        lines += [
            f"- left out: {_text(line)}" for line in left_out.lines(document["skipped"], document["skipped_names"])
        ]
    lines += [f"- note: {_text(note)}" for note in document["notes"]]
    return "\n".join(lines)


def _scores(document: dict[str, Any]) -> str:
    sets = [("all", document)]
    if document.get("clean"):
        sets.append(("without near-duplicates", document["clean"]))
    header = ["", *(f"{name}, {values['count']} faces" for name, values in sets)]
    rows = [
        [what, *(_with(values[name], values["intervals"][name]) for _, values in sets)] for name, what in SCORES.items()
    ]
    bootstrap = document["bootstrap"]
    lines = [
        "## Scores",
        "",
        _table(header, rows),
        "",
        f"In brackets: {bootstrap['level']:.0%} intervals by percentile bootstrap over the faces "
        f"({bootstrap['resamples']} resamples, seed {bootstrap['seed']}). Two models whose intervals overlap widely "
        "may be equally good. The intervals know nothing of training again with another seed.",
    ]
    twins = document.get("near_duplicates")
    if twins:
        right = "" if twins["accuracy"] is None else f"; the model is right for {twins['accuracy']:.1%} of them"
        lines += [
            "",
            f"{twins['count']} faces have a near-duplicate in another split of the file (correlation of 24×24 "
            f"thumbnails above {twins['threshold']}){right}. A model that was trained on their twins scores too high "
            "on them: the right column is the one to believe.",
        ]
    return "\n".join(lines)


def _detectors(found: dict[str, Any]) -> str:
    rows = []
    for name, one in found.items():
        shares = (one["found"], one["right_of_found"], one["right_of_all"])
        cells = ["" if share["share"] is None else _with(share["share"], share["interval"]) for share in shares]
        rows.append([_text(name), str(one["pictures"]), *cells])
    table = _table(["detector", "pictures", "found", "right of those found", "right of all"], rows)
    return (
        f"## Detectors\n\n{table}\n\nA face that is not found is not right. In brackets: exact 95 % intervals. "
        "All else here is of the first detector."
    )


def _classes(document: dict[str, Any]) -> str:
    bounds = document["intervals"]["per_class"]
    rows = [
        [
            _text(label),
            *(_with(document["per_class"][label][name], interval[name]) for name in ("precision", "recall", "f1")),
            str(document["per_class"][label]["count"]),
        ]
        for label, interval in bounds.items()
    ]
    table = _table(["label", "precision", "recall", "F1", "faces"], rows)
    return (
        f"## Labels\n\n{table}\n\n![precision, recall and F1 of each label](classes.png)\n\n"
        "Rows are the true labels, columns what they were taken for, as shares of the row and counts:\n\n"
        "![confusion matrix](confusion.png)"
    )


def _calibration(document: dict[str, Any]) -> str:
    rows = [
        [
            f"{row['low']:.2f} to {row['high']:.2f}",
            f"{row['confidence']:.3f}",
            f"{row['accuracy']:.3f}",
            str(row["count"]),
        ]
        for row in document["calibration"]
    ]
    return (
        "## Calibration\n\nBars below the dashed line: more sure than right. The interval of a small calibration error "
        "may lie above it, since drawing faces anew adds gaps.\n\n![accuracy over confidence](calibration.png)\n\n"
        + _table(["confidence", "mean", "accuracy", "faces"], rows)
    )


def _mistakes(document: dict[str, Any]) -> str:
    if not document["worst_mistakes"]:
        return "## Mistakes\n\nNone."
    rows = [
        [_text(m["name"]), _text(m["true"]), _text(m["predicted"]), f"{m['confidence']:.3f}"]
        for m in document["worst_mistakes"][:NAMED]
    ]
    return (
        "## Mistakes\n\nThe most confident ones: true label → what it was taken for. Many of them may be errors of the "
        "labels. The picture shows people of the dataset: publish it only where that is allowed.\n\n"
        "![faces with both labels](mistakes.png)\n\n" + _table(["picture", "true", "taken for", "confidence"], rows)
    )


def _robustness(values: dict[str, Any]) -> str:
    lines = [
        "## Robustness",
        "",
        f"Accuracy on the unchanged faces: {values['plain']:.3f}. In brackets: share of the faces that got the same "
        "answer as unchanged.",
        "",
        "![accuracy against blur, noise, light and more](robustness.png)",
    ]
    for name, curve in values["curves"].items():
        points = curve["points"]
        cells = [f"{point['accuracy']:.3f} ({point['agreement']:.2f})" for point in points]
        lines += [
            "",
            _table(
                [f"{name}: {curve['axis']}", *(f"{point['amount']:g}" for point in points)],
                [["accuracy (same answer)", *cells]],
            ),
        ]
    return "\n".join(lines)


def _others(folder: Path) -> list[str]:
    """What is not of a report; files that a killed run was writing are."""
    ours = tuple(f".{name}." for name in FILES)
    return sorted(p.name for p in folder.iterdir() if p.name not in FILES and not p.name.startswith(ours))


def _with(value: float, interval: list[float]) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _text(value: object) -> str:
    """A name from outside on one line, without what Markdown or HTML would make of it."""
    text = "".join(c if c.isprintable() else "�" for c in str(value))
    for sign in SPECIAL:
        text = text.replace(sign, f"\\{sign}")
    return text


def _code(value: str) -> str:
    return "".join(c if c.isprintable() and c != "`" else "�" for c in value)
