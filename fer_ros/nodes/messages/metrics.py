"""Measured quality as a message."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fer_msgs.msg import Metrics
from fer_ros.core.evaluating import intervals, metrics

#: Faces up to which the interval is computed exactly: the work grows with them.
EXACT = 100_000
BOUNDS = ("accuracy_low", "accuracy_high")
FIGURES = ("accuracy", "macro_precision", "macro_recall", "macro_f1")


def quality(found: metrics.Metrics | None, interval: Sequence[float] = ()) -> Metrics:
    """The figures of a model; with None or no face, not measured, every figure is NaN.

    :param interval: of the accuracy; empty: as if every face counted for itself.
    """
    if found is None or not found.count:
        return Metrics(**dict.fromkeys((*FIGURES, *BOUNDS), math.nan))
    interval_of = intervals.exact if found.count <= EXACT else intervals.of_share
    low, high = interval or interval_of(round(found.accuracy * found.count), found.count)
    rows = [found.per_class[label] for label in found.labels]
    return Metrics(
        count=count(found.count),
        accuracy_low=float(low),
        accuracy_high=float(high),
        labels=list(found.labels),
        support=[count(row["count"]) for row in rows],
        confusion=[count(cell) for row in found.confusion for cell in row],
        **{name: [float(row[name]) for row in rows] for name in ("precision", "recall", "f1")},
        **{name: float(getattr(found, name)) for name in FIGURES},
    )


def stated(values: Mapping[str, Any], labels: tuple[str, ...]) -> Metrics:
    """The figures in a ``model.yaml``; "not measured" if it has none, or none that can be understood."""
    try:
        figures = {name: values[name] for name in ("count", *FIGURES, "confusion", "per_class")}
        return quality(metrics.Metrics(labels=labels, **figures), values.get("interval") or ())
    except (KeyError, TypeError, ValueError, OverflowError, AssertionError):  # the last: of rclpy, for its own ranges
        return quality(None)


def count(value: object) -> int:
    """A count that a message can hold; 0 for anything else."""
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 2**32 else 0
