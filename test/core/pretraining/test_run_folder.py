from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.datasets.fer2013 import Fer2013
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.core.pretraining.run_folder import RECIPE_FILE, STATE_FILE, claim, epochs_done

FACES = Fer2013(
    np.zeros((3, 48, 48), np.uint8),
    np.array([0, 1, 2]),
    np.zeros((3, 7), np.float32),
    np.array(["Training"] * 3),
    np.arange(3),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    claim(tmp_path / "runs" / "one", Recipe(), FACES)
    return tmp_path / "runs" / "one"


def test_the_same_recipe_and_data_are_let_in(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    claim(folder, Recipe(), FACES)
    # What is applied after training makes no other run of it.
    claim(folder, Recipe(prior=0.5, norm_faces=64), FACES)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"epochs": 3}, "epochs 90, not 3"),
        ({"start": "x 12"}, "start none, not x 12"),
        ({"sides": (1.0,)}, "sides [0.75, 0.75, 0.875, 0.875, 1.0], not [1.0]"),
        ({"seed": 2, "batch": 64}, "batch 128, not 64, seed 1, not 2"),
    ],
)
def test_another_recipe_is_refused_by_what_differs(folder: Path, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        claim(folder, Recipe(**changes), FACES)
    assert f"holds a run with another recipe ({what}): give another --run folder or delete it" in str(caught.value)


def test_a_run_of_an_older_version_goes_on_with_the_defaults_of_what_is_new(folder: Path) -> None:
    stated = json.loads((folder / RECIPE_FILE).read_text())
    del stated["optimizer"], stated["degradation"]["gamma"]
    (folder / RECIPE_FILE).write_text(json.dumps(stated))
    claim(folder, Recipe(), FACES)
    with pytest.raises(ConfigError, match="optimizer sgd, not adam"):
        claim(folder, Recipe(optimizer="adam"), FACES)
    # Nor may it state what this version does not know: it would be left out.
    (folder / RECIPE_FILE).write_text(json.dumps(stated | {"cutmix": 0.5}))
    with pytest.raises(ConfigError, match=r"cutmix 0\.5, not none"):
        claim(folder, Recipe(), FACES)


@pytest.mark.parametrize("field", ["images", "targets", "votes", "usage"])
def test_other_data_are_refused(folder: Path, field: str) -> None:
    parts = {name: getattr(FACES, name).copy() for name in ("images", "targets", "votes", "usage", "rows")}
    parts[field][1] = "PublicTest" if field == "usage" else 3
    with pytest.raises(ConfigError, match="holds a run with other data"):
        claim(folder, Recipe(), Fer2013(**parts))


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
def test_a_damaged_recipe_is_named(folder: Path, text: str) -> None:
    (folder / RECIPE_FILE).write_text(text)
    with pytest.raises(ConfigError, match=f"{RECIPE_FILE} is damaged"):
        claim(folder, Recipe(), FACES)


def test_how_far_a_run_came(folder: Path) -> None:
    assert epochs_done(folder) == 0
    (folder / STATE_FILE).write_text("rows: [{epoch: 1}, {epoch: 2}]\n")
    assert epochs_done(folder) == 2
    for damaged in ("rows: 3\n", "- 1\n", ""):
        (folder / STATE_FILE).write_text(damaged)
        with pytest.raises(ConfigError, match="the saved state is damaged"):
            epochs_done(folder)
