"""A sweep: one recipe trained with several seeds and settings, compared in one table and one plot."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, json_text
from fer_ros.core.base.checks import Record, Rows, Value
from fer_ros.core.base.errors import ConfigError, quoted, unknown_name
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.pretraining.recipe import Recipe

#: Runs of a sweep at most: a mistyped grid would take years.
MOST = 200
#: What a sweep leaves in its folder.
TABLE, FACTS, PLOT = "sweep.md", "sweep.json", "sweep.png"
_FACTS = Record({"runs": Rows(Record({"name": Value(str, high=64), "path": Value(str, high=4096)}), low=1)})


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one run.

    :ivar settings: name → value, where this run differs from the others.
    :ivar path: folder of its model.
    :ivar accuracy: of the exported model on PublicTest; ``macro_f1`` likewise.
    :ivar curve: accuracy on PublicTest after each epoch.
    """

    name: str
    settings: dict[str, Any]
    path: str
    accuracy: float
    macro_f1: float
    curve: list[float]


def grid(texts: Sequence[str], known: Sequence[str]) -> list[dict[str, Any]]:
    """Every combination of some values, such as of ``seed=1,2`` and ``dropout=0.1,0.3``.

    :param known: fields of the recipe that may be varied.
    :raises ConfigError: a name is unknown or named twice, a value is of the wrong type or named twice, or there are
        too many combinations.
    """
    values: dict[str, list[Any]] = {}
    for text in texts:
        name, _, listed = text.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known or isinstance(getattr(Recipe(), name), tuple):
            raise unknown_name("setting to sweep over", name, [k for k in known if k != "sides"])
        kind = type(getattr(Recipe(), name))
        try:
            found = [kind(value.strip()) for value in listed.split(",")]
        except ValueError as error:
            raise ConfigError(f"--sweep {quoted(text)}: give values of type {kind.__name__}, as in seed=1,2") from error
        if name in values or len(set(found)) != len(found):
            raise ConfigError(f"--sweep {quoted(text)}: name each setting and each value once")
        values[name] = found
    combinations = [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    if len(combinations) > MOST:
        raise ConfigError(f"these are {len(combinations)} runs: {MOST} are allowed")
    return combinations


def called(sweep: str, settings: dict[str, Any]) -> str:
    """The name of a run, such as ``mine-seed1-dropout0.3``; the same whatever else is swept."""
    return "-".join([sweep, *(f"{name}{value}" for name, value in settings.items())])


def row(name: str, settings: dict[str, Any], bundle: Bundle, history: list[dict[str, float]]) -> Row:
    """What came of a run.

    :raises ConfigError: the model was trained with other settings.
    """
    differing = [key for key, value in settings.items() if bundle.recipe.get(key) != value]
    if differing:
        raise ConfigError(
            f"{bundle.path} was trained with another {', '.join(differing)}: choose another --name, or add --replace"
        )
    quality = bundle.quality
    curve = [entry["val_accuracy"] for entry in history]
    return Row(name, settings, str(bundle.path), float(quality["accuracy"]), float(quality["macro_f1"]), curve)


def write(folder: Path, rows: Sequence[Row]) -> str:
    """Write table, plot and facts of a sweep; the best run first.

    :returns: the table, Markdown.
    :raises OSError: the folder cannot be written.
    """
    best = sorted(rows, key=lambda one: -one.accuracy)
    folder.mkdir(parents=True, exist_ok=True)
    names = list(best[0].settings)
    lines = ["| " + " | ".join(["model", *names, "accuracy", "macro F1"]) + " |", "|---" * (len(names) + 3) + "|"]
    for one in best:
        cells = [one.name, *(f"{one.settings[name]:g}" if isinstance(one.settings[name], float)
                             else str(one.settings[name]) for name in names)]  # fmt: skip
        lines.append("| " + " | ".join([*cells, f"{one.accuracy:.4f}", f"{one.macro_f1:.4f}"]) + " |")
    text = "\n".join(lines) + "\n"
    files.write_atomic(folder / TABLE, text.encode())
    files.write_atomic(folder / PLOT, _plot(best))
    files.write_atomic(folder / FACTS, json.dumps({"runs": [asdict(one) for one in best]}, indent=1).encode())
    return text


def models(sweep: str) -> list[str]:
    """Folders of the models of a finished sweep, the best first.

    :param sweep: its folder, or its name below ``runs``.
    :raises ConfigError: there is none, or it is not finished.
    """
    folder = Path(sweep) if "/" in sweep else Path("runs") / sweep
    if not (folder / FACTS).is_file():
        raise ConfigError(f"{folder}: no finished sweep here: give the same `fer pretrain --sweep` command again")
    return [one["path"] for one in json_text.read(folder / FACTS, check=_FACTS)["runs"]]


def _plot(rows: Sequence[Row]) -> bytes:
    from fer_ros.core.evaluating import plots

    figure, (left, right) = plots.figure_of(9.0, 3.4, 2)
    for one in rows:
        label = " ".join(f"{name} {value}" for name, value in one.settings.items())
        left.plot(range(1, len(one.curve) + 1), one.curve, label=label, linewidth=1)
    left.set(xlabel="epoch", ylabel="accuracy on PublicTest")
    if len(rows) <= 10:
        left.legend(loc="lower right", frameon=False, fontsize=7)
    right.plot([one.accuracy for one in rows], [one.macro_f1 for one in rows], "o", color="#1f4e79")
    right.set(xlabel="accuracy of the exported model", ylabel="macro F1")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return plots.png(figure)
