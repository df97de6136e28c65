"""The whole training with the head `auto`, on bags of coloured pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.training import run
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome
from fer_ros.core.training.request import Request
from test.core.training.conftest import MakeBag


def train(bag: Path, name: str = "", **options: Any) -> Outcome:
    return run.train(Request((bag,), Options(base="general", **options), name))


def test_one_picture_a_label_is_taught_and_nothing_is_claimed(general: Bundle, make_bag: MakeBag) -> None:
    outcome = train(make_bag("a", {"happy": 1, "sad": 1, "angry": 1}), name="anna")
    assert outcome.metrics.count == 0 and outcome.total("train") == 3 and outcome.total("test") == 0
    assert "not enough to measure" in outcome.summary and "record another take of angry, happy, sad" in outcome.summary
    bundle = Bundle.load("anna")
    assert bundle.labels == ("angry", "happy", "sad", "neutral") and bundle.head.plugin == "ridge"
    card = (bundle.path / "README.md").read_text()
    assert "Not enough to measure" in card and "0.0000" not in card


@pytest.mark.slow
def test_auto_is_measured_on_every_take_by_the_others(general: Bundle, make_bag: MakeBag) -> None:
    outcome = train(make_bag("a", {"happy": 8, "sad": 8, "angry": 8}, takes=3))
    assert outcome.split == "cross" and "each of 9 takes" in outcome.note and outcome.groups == 9
    assert outcome.metrics.count == 72 == outcome.total("train") and outcome.metrics.accuracy == 1.0
    low, high = outcome.interval
    assert 0.5 < low < 0.6 and high == 1.0 and outcome.facts["chosen"] == "ridge"
    assert "72 of 72 held-out faces right, accuracy 100 % (54 to 100 %)" in outcome.summary


@pytest.mark.slow
def test_auto_keeps_a_general_model_that_is_as_good_and_says_so(general: Bundle, make_bag: MakeBag) -> None:
    outcome = train(make_bag("a", {"happy": 20, "sad": 20, "neutral": 20}, takes=2), name="anna")
    assert outcome.facts["chosen"] == "general" and "the general model's answer is kept" in outcome.summary
    assert Bundle.load("anna").head.plugin == "linear" and outcome.metrics == outcome.baseline
