"""From the start of a process to its first emotion, and the memory that it takes: without ROS, in fresh processes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from fer_ros.cli.benchmarks.tables.figures import megabytes
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.core.base.errors import FerError

MODULE = "fer_ros.cli.benchmarks.scenarios.first_emotion"
TIMEOUT_S = 60.0


def measure(arguments: Sequence[str], runs: int = 3) -> dict[str, Any]:
    """Start the process ``runs`` times.

    :param arguments: as :mod:`fer_ros.cli.benchmarks.scenarios.first_emotion` takes them.
    :returns: ``first_emotion_s``, the median, and ``runs_s``; ``parts_s`` of the median run: ``python`` (until it runs
        our first line), ``imports``, ``model``, ``emotion`` (source opened, first face read); ``memory_mb`` and
        ``peak_memory_mb``, the largest of the runs; ``tensorflow_imported``.
    :raises FerError: the process failed or found no face.
    """
    found = sorted((_once(arguments) for _ in range(runs)), key=lambda run: run["total"])
    middle = found[len(found) // 2]
    return {
        "first_emotion_s": round(statistics.median(run["total"] for run in found), 3),
        "runs_s": [round(run["total"], 3) for run in found],
        "parts_s": {name: round(value, 3) for name, value in middle["parts"].items()},
        "memory_mb": megabytes(max(run["memory"]["resident"] for run in found)),
        "peak_memory_mb": megabytes(max(run["memory"]["peak"] for run in found)),
        "tensorflow_imported": any(run["tensorflow_imported"] for run in found),
    }


def _once(arguments: Sequence[str]) -> dict[str, Any]:
    with Child(MODULE, arguments) as child:
        line = child.line(TIMEOUT_S)
        child.finish(TIMEOUT_S)
        if line is None:
            raise FerError(f"{MODULE} gave no answer")
        run: dict[str, Any] = json.loads(line[1])
        stamps = run["stamps_ns"]
        before = [child.started, *list(stamps.values())[:-1]]
        run["parts"] = {name: (at - last) / 1e9 for (name, at), last in zip(stamps.items(), before, strict=True)}
        run["total"] = (stamps["emotion"] - child.started) / 1e9
        return run
