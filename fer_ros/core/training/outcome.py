"""The progress and the outcome of a training, as plain values that JSON can hold."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from fer_ros.core.base.paths import DEFAULT
from fer_ros.core.evaluating import intervals
from fer_ros.core.evaluating.metrics import Metrics

#: In the order they run; the last one is the trainer node's.
PHASES = ("loading", "embedding", "training", "evaluating", "saving", "swapping")
#: Share of the whole work of each phase, as it is with 700 faces and the head of the paper.
WORK = {"loading": 0.24, "embedding": 0.08, "training": 0.50, "evaluating": 0.02, "saving": 0.14, "swapping": 0.02}


#: Share of a label's faces that are found, up to which it does not count as learned.
NOT_LEARNED = 0.5
#: Share from which no more of a label is asked for; and pictures that are asked for at most.
GOOD, MOST = 0.95, 100
#: Share of KDEF's faces that was right days later, when 70 people had given one picture a label: what
#: `benchmarks/people.py --heads auto --kinds kdef` prints.
ANOTHER_DAY = 0.94


def percent(share: float) -> str:
    """A share as a percentage, with no more digits than a few hundred faces justify."""
    return f"{100 * share:.0f} %"


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a training.

    :ivar phase: one of :data:`PHASES`.
    :ivar model: name of the bundle in the making.
    :ivar done: share of this phase, 0 to 1.
    :ivar epoch: epochs finished, of ``epochs``; 0 of 0 where the head needs none.
    :ivar row: of the last finished epoch: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, as far as known.
    """

    phase: str
    model: str
    head: str
    done: float = 0.0
    epoch: int = 0
    epochs: int = 0
    row: dict[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Share of the whole work that is done, 0 to 1."""
        before = PHASES[: PHASES.index(self.phase)]
        return min(1.0, sum(WORK[phase] for phase in before) + self.done * WORK[self.phase])


#: What :meth:`Outcome.to_dict` tells beside the fields.
_TOLD = ("interval", "claim", "advice", "expectation")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished training.

    :ivar model: name of the new bundle; ``path`` its folder.
    :ivar split: kind of the split, ``note`` the line that explains it.
    :ivar counts: label → faces in ``train``, ``validation`` and ``test``.
    :ivar metrics: the new model on the held-out test faces.
    :ivar baseline: the general model on the very same faces; None where it lacks one of their labels.
    :ivar history: one row an epoch.
    :ivar phases: phase → seconds, in the order they ran.
    :ivar left_out: faces between two parts; ``without_face``: frames in which no face had been found.
    :ivar groups: takes, blocks or pictures that the test faces come from: neighbours in time count as one.
    :ivar taught: share of the faces that each of those had learned from who gave the answers, below 1 where faces were
        left out in turns.
    :ivar facts: what the head's training found.
    :ivar skipped: reason → pictures that could not be read; ``skipped_names``: the first three of each.
    :ivar renamed: label in the bags → the usual one that it became.
    """

    model: str
    path: str
    head: str
    base: str
    split: str
    note: str
    counts: dict[str, dict[str, int]]
    metrics: Metrics
    baseline: Metrics | None
    history: list[dict[str, float]]
    phases: dict[str, float]
    left_out: int
    without_face: int
    groups: int = 0
    taught: float = 1.0
    facts: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    skipped_names: dict[str, list[str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Outcome({self.model!r}, accuracy={self.metrics.accuracy:.3f} on {self.metrics.count} held-out faces)"

    def total(self, part: str) -> int:
        """Faces in ``train``, ``validation`` or ``test``."""
        return sum(counts[part] for counts in self.counts.values())

    @property
    def interval(self) -> list[float]:
        """Where the accuracy lies in 95 of 100 cases, lower and upper bound; faces of one group count as one."""
        return self.interval_of(self.metrics)

    def interval_of(self, figures: Metrics) -> list[float]:
        """The same of other figures on the same faces."""
        return intervals.cross_validated(figures.accuracy, self.groups, self.taught)

    @property
    def unlearned(self) -> list[str]:
        """Labels that the model misses as often as not, where that was measured."""
        rows = self.metrics.per_class.items()
        return [label for label, row in rows if row["count"] and row["recall"] <= NOT_LEARNED]

    @property
    def claim(self) -> str:
        """How well it reads these people, as far as that was measured."""
        if not self.metrics.count:
            return "not enough to measure"
        low, high = self.interval
        right = round(self.metrics.accuracy * self.metrics.count)
        return (
            f"{right} of {self.metrics.count} held-out faces right, accuracy {percent(self.metrics.accuracy)} "
            f"({math.floor(100 * low)} to {math.ceil(100 * high)} %)"
        )

    @property
    def wanted(self) -> tuple[list[str], int]:
        """Labels of which to record more, and how many pictures; 0: another take of each, to measure on."""
        if not self.metrics.count:
            least = min(counts["train"] for counts in self.counts.values())
            return [label for label, counts in self.counts.items() if counts["train"] == least], 0
        rows = {
            label: row["recall"]
            for label, row in self.metrics.per_class.items()
            if label in self.counts and row["count"]
        }
        worst = min(rows, key=lambda label: (rows[label], self.counts[label]["train"]))
        if rows[worst] >= GOOD:
            return [], 0
        # As many again: errors fall some with the root of the number, so fewer would hardly be seen.
        return [worst], min(MOST, self.counts[worst]["train"])

    @property
    def advice(self) -> str:
        """What to record next, and how much of it; empty where nothing stands out."""
        labels, more = self.wanted
        if not self.metrics.count:
            return f"record another take of {', '.join(labels)} to find out how well it reads"
        said = [f"not learned yet: {', '.join(self.unlearned)}"] if self.unlearned else []
        if labels:
            said.append(f"{more} more picture{'' if more == 1 else 's'} of {', '.join(labels)} would help most")
        return "; ".join(said)

    @property
    def general_kept(self) -> bool:
        """Whether the general model's head stays, since what was taught is not better by more than chance."""
        return self.facts.get("chosen") == "general"

    @property
    def another_day(self) -> float | None:
        """Share of faces to expect on another day, :data:`ANOTHER_DAY`; None where nobody has measured that."""
        known = self.head in ("auto", "ridge") and self.base == DEFAULT and not self.general_kept
        return ANOTHER_DAY if known else None

    @property
    def expectation(self) -> str:
        """What to expect on another day, as it was measured; empty where nobody knows."""
        if self.another_day is None:
            return ""
        when = "on another day" if self.metrics.count else "expect"
        return f"{when} about {percent(self.another_day)} right, as with 70 people who gave one picture a label"

    @property
    def summary(self) -> str:
        """The result in one line."""
        text = f"{self.model}: {self.claim}"
        if self.baseline is not None and self.baseline.count:
            text += f" (general model '{self.base}': {percent(self.baseline.accuracy)})"
        if self.general_kept:
            text += f"; the general model's answer is kept: {self.facts['why']}"
        return "; ".join(filter(None, (text, self.expectation, self.advice, self.note if self.metrics.count else "")))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        out = asdict(self)
        out["metrics"] = self.metrics.to_dict()
        out |= {name: getattr(self, name) for name in _TOLD}
        out["baseline"] = self.baseline.to_dict() if self.baseline else None
        return out

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outcome:
        """What :meth:`to_dict` gave."""
        values = {name: value for name, value in values.items() if name not in _TOLD}
        for name in ("metrics", "baseline"):
            if values[name] is not None:
                values[name] = Metrics(**{**values[name], "labels": tuple(values[name]["labels"])})
        return cls(**values)
