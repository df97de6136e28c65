"""The outcome of a training as the answer of the service, and as the page gets it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fer_msgs.srv import Train
from fer_ros.core.evaluating.metrics import measure
from fer_ros.core.training.outcome import Outcome
from fer_ros.nodes.dashboard import messages as page
from fer_ros.nodes.messages import training


def outcome(wrong: int, shown: int = 10, **more: Any) -> Outcome:
    labels = ("happy", "sad")
    truth = np.repeat(np.arange(2), shown)
    said = truth.copy()
    said[shown : shown + wrong] = 0
    fields: dict[str, Any] = {"head": "auto", "base": "default", "facts": {}, **more}
    return Outcome(
        model="m", path="", split="cross", note="", baseline=None, history=[], phases={}, left_out=0, without_face=0,
        counts={label: {"train": max(shown, 1), "validation": 0, "test": shown} for label in labels},
        metrics=measure(truth, said, labels), groups=2 * shown, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    "found, advice",
    [
        (outcome(6), (["sad"], ["sad"], 10, 0.94, False)),
        (outcome(0), ([], [], 0, 0.94, False)),
        (outcome(0, shown=0), ([], ["happy", "sad"], 0, 0.94, False)),
        (outcome(1, head="dense"), ([], ["sad"], 10, None, False)),
        (outcome(1, facts={"chosen": "general", "why": ""}), ([], ["sad"], 10, None, True)),
    ],
)
def test_what_the_answer_advises_can_be_worded_by_others(found: Outcome, advice: tuple[object, ...]) -> None:
    response = Train.Response()
    training.fill(response, found)
    names = ("not_learned", "record_more", "record_count", "another_day", "general_kept")
    assert page.result(response)["advice"] == dict(zip(names, advice, strict=True))
