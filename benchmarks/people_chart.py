"""The chart of `people.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def plot(rows: dict[str, dict[str, Any]], file: Path) -> None:
    """Bars of the accuracies with their intervals."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 3.6))
    heads = list(next(iter(rows.values())))
    for place, head in enumerate(heads):
        accuracy = [rows[kind][head]["accuracy"] for kind in rows]
        bounds = np.array([rows[kind][head]["interval"] for kind in rows]).T
        x = np.arange(len(rows)) + 0.8 * (place / len(heads) - 0.5)
        errors = np.abs(bounds - np.array(accuracy))
        axes.bar(x, accuracy, 0.8 / len(heads), yerr=errors, label=head, align="edge", error_kw={"lw": 0.8})
    axes.set_xticks(np.arange(len(rows)), list(rows))
    axes.set(ylim=(0.4, 1.0), ylabel="accuracy on other pictures")
    axes.legend(ncols=len(heads), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
