from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fer_ros.core.bundles import model_card
from fer_ros.core.bundles.bundle import Bundle

BEFORE = {"epochs": 80, "learning_rate": 0.05, "seed": 4, "start": ""}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": ""}, "Starts from random weights."),
        ({"start": "first 12ab", "before": {}}, "Starts from the backbone of the model first 12ab."),
        (
            {"start": "first 12ab", "before": BEFORE},
            "first 12ab, made by 80 epochs with a peak rate of 0.05 and seed 4 from random weights.",
        ),
        ({"least_named": 0.9}, "labels that the network names less often than 0.9 times"),
        ({"teacher_weight": 0.7, "teacher": "large 34cd"}, "0.7 times the answer of the model large 34cd"),
    ],
)
def test_the_card_tells_what_it_was_made_from(changes: dict[str, Any], said: str) -> None:
    shipped = Bundle.load("default")
    card = model_card.pretrained(replace(shipped, recipe=shipped.recipe | changes), "fer pretrain")
    assert said in " ".join(card.split())


@pytest.mark.parametrize("name", ["default", "small"])
def test_the_card_of_a_shipped_model_is_the_one_that_its_figures_make(name: str) -> None:
    shipped = Bundle.load(name)
    card = (shipped.path / "README.md").read_text(encoding="utf-8")
    command = card.split("Made by `", 1)[1].split("`", 1)[0]
    assert card == model_card.pretrained(shipped, command)
