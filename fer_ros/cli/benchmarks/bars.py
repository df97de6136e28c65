"""The limits that a small robot sets, and whether a run keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit: ``path`` leads to the figure in the report, which must be at most ``limit``."""

    name: str
    path: tuple[str, ...]
    limit: float
    unit: str


BARS = (
    Bar("whole frame, one face tracked, median", ("one_face", "stages_ms", "whole", "median"), 10.0, "ms"),
    Bar("memory without ROS", ("start", "memory_mb"), 300.0, "MB"),
    Bar("memory with ROS", ("ros", "memory_mb"), 300.0, "MB"),
    Bar("start to first emotion without ROS", ("start", "first_emotion_s"), 3.0, "s"),
    Bar("start to first emotion with ROS", ("ros", "first_emotion_s"), 3.0, "s"),
    Bar("recording, share of a core", ("recording", "recorder_cpu_percent"), 10.0, "%"),
    Bar("training, from the bag to the model in use", ("training", "seconds"), 6.0, "s"),
)


def judge(report: dict[str, Any]) -> list[dict[str, Any]]:
    """For each bar ``name``, ``unit``, ``value``, ``limit``, ``met``; value and met are None if unmeasured."""
    return [
        {
            "name": bar.name,
            "unit": bar.unit,
            "value": (value := _at(report, bar.path)),
            "limit": bar.limit,
            "met": None if value is None else value <= bar.limit,
        }
        for bar in BARS
    ]


def _at(report: dict[str, Any], path: tuple[str, ...]) -> float | None:
    found: Any = report
    for name in path:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return float(found)
