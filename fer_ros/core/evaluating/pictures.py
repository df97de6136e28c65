"""The pictures of a report, as PNG bytes. Needs matplotlib, imported when one is drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fer_ros.core.evaluating import plots
from fer_ros.core.evaluating.part import Mistake

BLUE, RED, GREEN, GREY = "#1f4e79", "#c0392b", "#4f8a5b", "#9aa5b1"
#: Faces in a row of the contact sheet.
COLUMNS = 8
#: Curves of robustness in a row.
PANELS = 3
#: Characters of a label below a face.
SHORT = 14


def reliability(figures: dict[str, Any]) -> bytes:
    """Accuracy over confidence, with the number of faces in each bin below it.

    :param figures: of :func:`fer_ros.core.evaluating.figures.figures`.
    """
    rows = figures["calibration"]
    low, high = figures["intervals"]["expected_calibration_error"]
    figure, (top, bottom) = plots.figure_of(4.6, 5.2, 1, 2, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
    lefts, widths = [row["low"] for row in rows], [row["high"] - row["low"] for row in rows]
    top.bar(lefts, [row["accuracy"] for row in rows], widths, align="edge", color=BLUE, alpha=0.75, edgecolor="white")
    top.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="as sure as right")
    confidences = [row["confidence"] for row in rows]
    top.plot(confidences, [row["accuracy"] for row in rows], "o", color=RED, markersize=4, label="mean of a bin")
    top.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
    top.set_title(
        f"expected calibration error {figures['expected_calibration_error']:.3f} [{low:.3f}, {high:.3f}]", fontsize=9
    )
    top.legend(loc="upper left", frameon=False, fontsize=8)
    bottom.bar(lefts, [row["count"] for row in rows], widths, align="edge", color=GREY, edgecolor="white")
    bottom.set(xlabel="confidence", ylabel="faces")
    for axes in (top, bottom):
        axes.grid(alpha=0.3)
    return plots.png(figure)


def class_bars(figures: dict[str, Any]) -> bytes:
    """Precision, recall and F1 of each label that occurs, with their intervals."""
    bounds = figures["intervals"]["per_class"]
    labels = list(bounds)
    figure, (axes,) = plots.figure_of(max(4.5, 1.5 + 1.1 * len(labels)), 3.6, 1)
    for number, (name, colour) in enumerate((("precision", GREY), ("recall", BLUE), ("f1", GREEN))):
        values = np.array([figures["per_class"][label][name] for label in labels])
        interval = np.array([bounds[label][name] for label in labels])
        # A percentile interval may lie beside the figure itself; a bar of error cannot.
        errors = np.abs(np.array([np.minimum(interval[:, 0], values), np.maximum(interval[:, 1], values)]) - values)
        places = np.arange(len(labels)) + (number - 1) * 0.27
        axes.bar(places, values, 0.25, color=colour, label="F1" if name == "f1" else name)
        axes.errorbar(places, values, errors, fmt="none", ecolor="black", elinewidth=0.8, capsize=2)
    counts = [f"{label[:SHORT]}\n{figures['per_class'][label]['count']}" for label in labels]
    axes.set_xticks(range(len(labels)), [_plain(text) for text in counts])
    axes.set(ylim=(0, 1))
    axes.grid(alpha=0.3, axis="y")
    axes.set_axisbelow(True)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=3, frameon=False)
    return plots.png(figure)


def contact_sheet(mistakes: list[Mistake]) -> bytes:
    """The faces that were taken for something else with the most confidence, each with both labels.

    :param mistakes: one at least.
    """
    rows = math.ceil(len(mistakes) / COLUMNS)
    figure, panels = plots.figure_of(1.25 * COLUMNS, 1.68 * rows, COLUMNS, rows)
    for axes in panels:
        axes.set_axis_off()
    for axes, mistake in zip(panels, mistakes, strict=False):
        picture = mistake.picture
        axes.imshow(picture[..., 0] if picture.shape[2] == 1 else picture, cmap="gray", vmin=0, vmax=255)
        caption = f"{mistake.truth[:SHORT]}\n→ {mistake.predicted[:SHORT]} {mistake.confidence:.0%}"
        axes.set_title(_plain(caption), fontsize=7.5, pad=2)
    return plots.png(figure)


def robustness(values: dict[str, Any]) -> bytes:
    """One panel a way: accuracy with its interval, and the share of answers that did not change.

    :param values: of :meth:`fer_ros.core.evaluating.robustness.Robustness.to_dict`.
    """
    curves = values["curves"]
    rows = math.ceil(len(curves) / PANELS)
    figure, panels = plots.figure_of(3.5 * PANELS, 2.7 * rows, PANELS, rows)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    for axes, (name, curve) in zip(panels, curves.items(), strict=False):
        points = curve["points"]
        amounts = [point["amount"] for point in points]
        low, high = np.array([point["interval"] for point in points]).T
        axes.axhline(values["plain"], color=GREY, linestyle="--", linewidth=0.9, label="accuracy, unchanged faces")
        axes.fill_between(amounts, low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(amounts, [point["accuracy"] for point in points], "o-", color=BLUE, markersize=3, label="accuracy")
        agreement = [point["agreement"] for point in points]
        axes.plot(amounts, agreement, color=GREEN, linewidth=0.9, label="same answer as unchanged")
        if name in ("light", "gamma", "size"):
            axes.set_xscale("log")
            axes.set_xticks(amounts, [f"{amount:g}" for amount in amounts], fontsize=7)
            axes.minorticks_off()
        if name in ("light", "jpeg"):
            axes.invert_xaxis()
        axes.set(ylim=(0, 1.02))
        axes.set_title(name, fontsize=9)
        axes.set_xlabel(curve["axis"], fontsize=8)
        axes.grid(alpha=0.3)
    panels[0].legend(loc="lower right", frameon=False, fontsize=7)
    return plots.png(figure)


def _plain(text: str) -> str:
    """Without the signs that matplotlib would read as a formula."""
    return text.replace("$", r"\$")
