"""Durations as figures: milliseconds, rounded to what the clocks can tell."""

from __future__ import annotations

from collections.abc import Iterable

from fer_ros.core.base.timing import Stats


def milliseconds(seconds: Iterable[float]) -> dict[str, float]:
    """``count``, and ``median``, ``p95``, ``p99``, ``mean``, ``max`` in milliseconds (left out where there is none)."""
    values = list(seconds)
    stats = Stats(window=max(1, len(values)))
    for value in values:
        stats.add(value)
    return {name: value if name == "count" else round(1e3 * value, 4) for name, value in stats.summary().items()}


def megabytes(count: int) -> float:
    """Bytes in units of a million."""
    return round(count / 1e6, 1)
