"""How far a training is and what came of it, in plain values that pass through JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fer_ros.core.evaluating.metrics import Metrics

#: In the order they run; the last one is the trainer node's.
PHASES = ("loading", "embedding", "training", "evaluating", "saving", "swapping")
#: Share of the whole work of each phase, as it is with 700 faces and the head of the paper.
WORK = {"loading": 0.24, "embedding": 0.08, "training": 0.50, "evaluating": 0.02, "saving": 0.14, "swapping": 0.02}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the training is.

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
    def summary(self) -> str:
        """The result in one line."""
        text = f"{self.model}: accuracy {self.metrics.accuracy:.3f}, macro F1 {self.metrics.macro_f1:.3f}"
        if self.baseline is not None:
            text += f" (general model '{self.base}': {self.baseline.accuracy:.3f})"
        return f"{text} on {self.metrics.count} held-out faces; {self.note}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        out = asdict(self)
        out["metrics"] = self.metrics.to_dict()
        out["baseline"] = self.baseline.to_dict() if self.baseline else None
        return out

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outcome:
        """What :meth:`to_dict` gave."""
        values = dict(values)
        for name in ("metrics", "baseline"):
            if values[name] is not None:
                values[name] = Metrics(**{**values[name], "labels": tuple(values[name]["labels"])})
        return cls(**values)
