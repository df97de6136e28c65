"""Results kept for comparison, and what became slower since; on any machine, by the reference measured beside each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, json_text
from fer_ros.core.base.checks import Table
from fer_ros.core.base.errors import ConfigError, reason

#: A stage that takes less, in milliseconds, is too short to tell anything.
SHORTEST_MS = 0.05
#: Options that must be the same, or the figures mean different things.
SAME = ("source", "detector", "size", "threads")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure then and now.

    :ivar scenario: what it belongs to.
    :ivar before: as it was saved; ``now``: as it is.
    :ivar ratio: now over before, each over its reference where it is a duration: 1.0 is unchanged, 2.0 twice as slow.
    """

    scenario: str
    figure: str
    before: float
    now: float
    ratio: float


class Kind(Enum):
    """How a figure goes with the machine."""

    #: Processor time: in proportion to the reference, even while other programs run.
    CPU = "cpu"
    #: Time that passed: the same, but it means nothing while others take the processor.
    PASSED = "passed"
    #: Not at all: memory, and ratios that were measured in turns.
    FIXED = "fixed"


_PLAIN = {
    "cpu_percent": Kind.CPU,
    "recorder_cpu_percent": Kind.CPU,
    "cpu_s": Kind.CPU,
    "first_emotion_s": Kind.PASSED,
    "seconds": Kind.PASSED,
    "memory_mb": Kind.FIXED,
}


def figures(scenario: Mapping[str, Any]) -> Iterator[tuple[str, float, Kind]]:
    """Name, value (less is better) and kind of what is compared."""
    for stage, value in scenario.get("cpu_ms", {}).items():
        if value >= SHORTEST_MS:
            yield f"{stage}, CPU ms", value, Kind.CPU
    latency = scenario.get("latency_ms", {}).get("whole", {})
    if "median" in latency:
        yield "latency, ms", latency["median"], Kind.PASSED
    for name, kind in _PLAIN.items():
        if name in scenario:
            yield name, float(scenario[name]), kind
    if "times" in scenario:
        yield "ours over theirs", 1.0 / scenario["times"], Kind.FIXED


def busy(report: Mapping[str, Any]) -> bool:
    """Whether others took the processor when a report was begun."""
    return bool(report["machine"]["load"][0] > report["machine"]["cores"])


def compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Every figure that both reports have; times that passed only where the machine was not busy in either.

    :param before: as :func:`load` gives it; ``now``: a report of the same shape.
    :raises ConfigError: they were measured with other options.
    """
    for name in SAME:
        if before.get(name) != now.get(name):
            raise ConfigError(
                f"the saved results have {name} {before.get(name)}, these {now.get(name)}: give the same options, or "
                "--save new results"
            )
    changes = []
    disturbed = busy(before) or busy(now)
    for name, scenario in now["scenarios"].items():
        old = before["scenarios"].get(name)
        if old is None or "skipped" in scenario or "skipped" in old:
            continue
        known = {figure: value for figure, value, _ in figures(old)}
        speed = scenario["reference_ms"] / old["reference_ms"]
        for figure, value, kind in figures(scenario):
            if known.get(figure) and (kind is not Kind.PASSED or not disturbed):
                ratio = value / known[figure] / (1.0 if kind is Kind.FIXED else speed)
                changes.append(Change(name, figure, known[figure], value, round(ratio, 3)))
    return changes


def better(first: Iterable[Change], second: Iterable[Change]) -> list[Change]:
    """The lower ratio of each figure: what was slow once only was disturbed."""
    again = {(change.scenario, change.figure): change for change in second}
    return [min(change, again.get((change.scenario, change.figure), change), key=lambda c: c.ratio) for change in first]


def slower(changes: Iterable[Change], tolerance: float) -> list[Change]:
    """Those above the tolerance, the worst first."""
    return sorted((change for change in changes if change.ratio > tolerance), key=lambda change: -change.ratio)


def load(file: Path) -> dict[str, Any]:
    """Read saved results.

    :raises ConfigError: there are none, or they are damaged.
    """
    try:
        found = json_text.parse(file.read_bytes(), check=Table())
        busy(found)
        for scenario in found["scenarios"].values():
            if "skipped" not in scenario and not scenario["reference_ms"] > 0.0:
                raise ValueError("a reference of 0")
    except OSError as error:
        raise ConfigError(f"{file}: {reason(error)}; make results with `fer bench --save {file}`") from error
    except (ConfigError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{file} does not hold results of `fer bench --save`: {reason(error)}") from error
    return dict(found)


def save(report: Mapping[str, Any], file: Path) -> None:
    """Write a report, whole or not at all."""
    files.write_atomic(file, (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode())
