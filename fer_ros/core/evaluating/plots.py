"""Plots for bundles and docs, as PNG bytes."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.evaluating.metrics import Metrics


def training_curve(history: list[dict[str, float]], split: str) -> bytes:
    """Loss and accuracy over the epochs.

    :param history: rows with ``epoch``, ``loss``, ``accuracy`` and ``val_accuracy``.
    :param split: what ``val_accuracy`` was measured on.
    """
    figure, (left, right) = figure_of(9.0, 3.4, 2)
    epochs = [row["epoch"] for row in history]
    left.plot(epochs, [row["loss"] for row in history], color="#1f4e79")
    left.set(xlabel="epoch", ylabel="training loss (soft targets, augmented)")
    right.plot(epochs, [row["accuracy"] for row in history], color="#9aa5b1", label="training (augmented)")
    right.plot(epochs, [row["val_accuracy"] for row in history], color="#c0392b", label=split)
    right.set(xlabel="epoch", ylabel="accuracy")
    right.legend(loc="lower right", frameon=False)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return png(figure)


def learning_curve(history: list[dict[str, float]]) -> bytes:
    """Loss and accuracy of a head over the epochs, on training and, where there is any, on validation data.

    :param history: rows with ``epoch``, ``loss``, ``accuracy`` and maybe ``val_loss``, ``val_accuracy``.
    """
    figure, panels = figure_of(9.0, 3.4, 2)
    epochs = [row["epoch"] for row in history]
    for axes, name, title in zip(panels, ("loss", "accuracy"), ("cross-entropy (nats)", "accuracy"), strict=True):
        axes.plot(epochs, [row[name] for row in history], color="#1f4e79", label="training")
        if all(f"val_{name}" in row for row in history):
            axes.plot(epochs, [row[f"val_{name}"] for row in history], color="#c0392b", label="validation")
        axes.set(xlabel="epoch", ylabel=title)
        axes.set_ylim(bottom=0.0, top=1.02 if name == "accuracy" else None)
        axes.grid(alpha=0.3)
        axes.legend(loc="best", frameon=False)
    return png(figure)


def confusion(metrics: Metrics) -> bytes:
    """The confusion matrix as shares of the true label, with counts."""
    counts = np.array(metrics.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.6 + 0.62 * len(metrics.labels)
    figure, (axes,) = figure_of(side + 0.6, side, 1)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    ticks = range(len(metrics.labels))
    axes.set_xticks(ticks, metrics.labels, rotation=40, ha="right")
    axes.set_yticks(ticks, metrics.labels)
    axes.set(xlabel="predicted", ylabel="true")
    for (i, j), count in np.ndenumerate(counts):
        colour = "white" if shares[i, j] > 0.5 else "black"
        axes.text(j, i, f"{shares[i, j]:.2f}\n{count}", ha="center", va="center", fontsize=7, color=colour)
    return png(figure)


def prepare() -> None:
    """Load matplotlib, which takes longer than drawing: to be called in a thread while there is other work."""
    with contextlib.suppress(ConfigError):
        figure_of(1.0, 1.0, 1)


def figure_of(width: float, height: float, columns: int, rows: int = 1, **layout: Any) -> tuple[Any, Any]:
    """A figure and its axes, (rows × columns,) in reading order.

    :param width: inches; ``height`` likewise.
    :param layout: further arguments of ``Figure.subplots``.
    :raises ConfigError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError("plots need matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, np.atleast_1d(figure.subplots(rows, columns, **layout)).ravel()


def png(figure: Any) -> bytes:
    """The figure as a file."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # Labels may be of any script; what the font lacks is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        # Without the software's name and version the same data give the same bytes.
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
