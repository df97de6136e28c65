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


_ONE, _WHOLE = ("scenarios", "one_face", "stages_ms", "whole"), ("latency_ms", "whole")
_LIVE, _TWO = ("scenarios", "one_process"), ("scenarios", "two_processes")
BARS = (
    Bar("whole frame over that of the peer", ("derived", "ours_over_peer"), 0.25, "times"),
    Bar("whole frame, one face tracked, median", (*_ONE, "median"), 3.0, "ms"),
    Bar("whole frame, one face tracked, 99 %", (*_ONE, "p99"), 10.0, "ms"),
    Bar("each further face", ("derived", "further_face_ms"), 2.0, "ms"),
    Bar("acquired to received, one process, median", (*_LIVE, *_WHOLE, "median"), 8.0, "ms"),
    Bar("acquired to received, one process, 99 %", (*_LIVE, *_WHOLE, "p99"), 20.0, "ms"),
    Bar("acquired to received, two processes, median", (*_TWO, *_WHOLE, "median"), 8.0, "ms"),
    Bar("acquired to received, two processes, 99 %", (*_TWO, *_WHOLE, "p99"), 20.0, "ms"),
    Bar("camera and inference at 30 frames/s", (*_LIVE, "cpu_percent"), 20.0, "% of a core"),
    Bar("inference at 30 frames/s", (*_TWO, "cpu_percent"), 20.0, "% of a core"),
    Bar("memory without ROS", ("scenarios", "start", "memory_mb"), 200.0, "MB"),
    Bar("memory with ROS", (*_LIVE, "memory_mb"), 200.0, "MB"),
    Bar("start to first emotion without ROS", ("scenarios", "start", "first_emotion_s"), 2.0, "s"),
    Bar("start to first emotion with ROS", (*_LIVE, "first_emotion_s"), 2.0, "s"),
    Bar("recording, share of a core", ("scenarios", "recording", "recorder_cpu_percent"), 10.0, "%"),
    Bar("training, from the bag to the model in use", ("scenarios", "training", "seconds"), 4.0, "s"),
)


def derive(scenarios: dict[str, Any]) -> dict[str, float]:
    """Figures that follow from several scenarios: ``further_face_ms`` and ``ours_over_peer``, where they were run."""
    found: dict[str, float] = {}
    one, five = scenarios.get("one_face", {}), scenarios.get("five_faces", {})
    if one and five and five["faces"] > one["faces"]:
        more = five["stages_ms"]["whole"]["median"] - one["stages_ms"]["whole"]["median"]
        found["further_face_ms"] = round(more / (five["faces"] - one["faces"]), 4)
    if "times" in scenarios.get("peer", {}):
        found["ours_over_peer"] = round(1.0 / scenarios["peer"]["times"], 4)
    return found


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
