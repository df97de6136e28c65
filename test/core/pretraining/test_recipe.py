from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.pretraining.recipe import RECIPES, Recipe, named

sides = st.lists(st.floats(0.25, 1.0), min_size=1, max_size=6).map(tuple)


@given(st.integers(1, 200), sides, st.integers(16, 300))
def test_the_phases_cover_the_run_and_end_at_full_size(epochs: int, parts: tuple[float, ...], side: int) -> None:
    spec = InputSpec(side, side + 7)
    phases = Recipe(epochs=epochs, sides=parts, input=spec).phases()
    ends = [end for end, _ in phases]
    assert ends == sorted(set(ends)) and ends[0] > 0 and phases[-1] == (epochs, spec)
    assert Recipe(epochs=1, sides=parts).phases() == [(1, InputSpec())]
    assert all(8 <= part.width <= side and part.height <= side + 7 for _, part in phases)
    assert all(first != second for (_, first), (_, second) in itertools.pairwise(phases))


def test_phases_of_the_default_recipe() -> None:
    phases = Recipe(epochs=10).phases()
    assert [(end, spec.width, spec.height) for end, spec in phases] == [(4, 36, 36), (8, 42, 42), (10, 48, 48)]


@pytest.mark.parametrize("name", RECIPES)
def test_each_named_recipe_asks_for_what_there_is(name: str) -> None:
    recipe = named(name, seed=7)
    plugin = registry.load("backbones", recipe.backbone)
    assert recipe.preset in plugin.presets and recipe.seed == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs >= 1"),
        ({"batch": 1}, "batch >= 2"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"learning_rate": math.nan}, "learning rate"),
        ({"votes_weight": -0.1}, "votes weight >= 0"),
        ({"votes_weight": math.nan}, "votes weight >= 0"),
        ({"weight_decay": -1.0}, "weight decay"),
        ({"dropout": 1.0}, "dropout < 1"),
        ({"prior": math.nan}, "prior <= 2"),
        ({"norm_faces": -1}, "batch norms must be 0 or more"),
        ({"smoothing": 1.0}, "smoothing < 1"),
        ({"mixup": -0.2}, "mixup"),
        ({"teacher_weight": 1.5}, "teacher weight <= 1"),
        ({"sides": ()}, "sides must be"),
        ({"sides": (0.1, 1.0)}, "sides must be"),
        ({"average": 1.0}, "momentum of the average"),
        ({"optimizer": "sdg"}, "unknown optimizer 'sdg' (did you mean 'sgd'?)"),
        ({"schedule": "step"}, "unknown schedule 'step'"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Recipe(**changes)
    assert message in str(caught.value)


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown recipe 'paper2071'"):
        named("paper2071")
