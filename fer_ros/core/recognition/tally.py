"""Counts what a run has seen, for the summary at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fer_ros.core.base.types import Result
from fer_ros.core.recognition.stages import STAGES, StageStats

#: Frames of which the latencies are kept.
WINDOW = 20_000


class Tally:
    """Counts results. One thread adds; reading is safe from others."""

    def __init__(self) -> None:
        self._frames = self._without_face = 0
        self._labels: Counter[str] = Counter()
        self._stages = StageStats(WINDOW)

    @property
    def frames(self) -> int:
        """Results so far."""
        return self._frames

    def add(self, result: Result) -> None:
        """Take one result."""
        self._frames += 1
        self._stages.add(result)
        if result.primary is None:
            self._without_face += 1
        else:
            self._labels[result.primary.label] += 1

    def to_dict(self) -> dict[str, Any]:
        """``frames``, ``without_face``, ``labels`` (label of the largest face → frames), ``median_ms`` (by stage)."""
        summary = self._stages.summary()
        return {
            "frames": self._frames,
            "without_face": self._without_face,
            "labels": dict(self._labels.most_common()),
            "median_ms": {s: round(1e3 * summary[s]["median"], 3) for s in STAGES if "median" in summary[s]},
        }

    def text(self) -> str:
        """The same for people, one fact a line."""
        facts = self.to_dict()
        lines = [f"{facts['frames']} frames, {facts['without_face']} without a face"]
        if facts["labels"]:
            lines.append("labels: " + ", ".join(f"{label} {count}" for label, count in facts["labels"].items()))
        if facts["median_ms"]:
            stages = ", ".join(f"{stage} {value:.2f} ms" for stage, value in facts["median_ms"].items())
            lines.append(f"median latency: {stages}")
        return "\n".join(lines)
