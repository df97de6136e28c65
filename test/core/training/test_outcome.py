"""What the answer of a training advises."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_ros.core.evaluating.metrics import measure
from fer_ros.core.training.outcome import Outcome


def outcome(right: dict[str, int], shown: int, taught: int, head: str = "auto", base: str = "default") -> Outcome:
    """Of each label so many faces are right; the others are taken for the next one."""
    labels = tuple(right)
    truth = np.repeat(np.arange(len(labels)), shown)
    said = truth.copy()
    for k, label in enumerate(labels):
        said[k * shown + right[label] : (k + 1) * shown] = (k + 1) % len(labels)
    return Outcome(
        model="m",
        path="",
        head=head,
        base=base,
        split="cross",
        note="",
        counts={label: {"train": taught, "validation": 0, "test": shown} for label in labels},
        metrics=measure(truth, said, labels),
        baseline=None,
        history=[],
        phases={},
        left_out=0,
        without_face=0,
        groups=shown * len(labels),
    )


@pytest.mark.parametrize(
    "right, taught, said",
    [
        ({"happy": 10, "sad": 7, "fear": 9}, 10, "10 more pictures of sad would help most"),
        ({"happy": 10, "sad": 3, "fear": 9}, 10, "not learned yet: sad; 10 more pictures of sad would help most"),
        ({"happy": 10, "sad": 9, "fear": 10}, 5000, "100 more pictures of sad would help most"),
        ({"happy": 10, "sad": 9, "fear": 10}, 1, "1 more picture of sad would help most"),
        ({"happy": 10, "sad": 10, "fear": 10}, 10, ""),
    ],
)
def test_what_would_help_most(right: dict[str, int], taught: int, said: str) -> None:
    found = outcome(right, 10, taught)
    assert found.advice == said and said in found.summary
    assert found.expectation == "on another day about 94 % right, as with 70 people who gave one picture a label"
    worst = min(right, key=lambda label: right[label])
    assert found.wanted == (([worst], min(taught, 100)) if said else ([], 0))


def test_what_to_expect_where_nothing_is_measured() -> None:
    found = outcome({"happy": 0, "sad": 0}, 0, 1)
    assert found.claim == "not enough to measure" and "expect about 94 % right" in found.summary
    assert found.wanted == (["happy", "sad"], 0) and found.another_day == 0.94
    assert found.advice == "record another take of happy, sad to find out how well it reads"
    # Of other heads and other general models nobody knows.
    assert not outcome({"happy": 0, "sad": 0}, 0, 1, head="dense").expectation
    assert not outcome({"happy": 0, "sad": 0}, 0, 1, base="mine").expectation
    kept = dataclasses.replace(found, facts={"chosen": "general", "why": ""})
    assert kept.general_kept and kept.another_day is None and not kept.expectation
