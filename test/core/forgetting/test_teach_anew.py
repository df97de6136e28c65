"""A model is taught anew on whoever is left, by the real training; where that fails, the user is told what is gone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.types import Roi
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request

pytestmark = pytest.mark.slow
FRAMES = 12


def _bag(home: Path, name: str, subjects: tuple[str, ...]) -> Path:
    """Each label is a shade of grey, with noise."""
    rng, stamp = np.random.default_rng(0), 10**18
    with bags.BagWriter(home / "bags" / name, {}) as writer:
        for subject in subjects:
            for label, shade in (("happy", 60), ("sad", 190)):
                writer.begin_take(label, subject)
                for _ in range(FRAMES):
                    picture = np.clip(rng.normal(shade, 20, (64, 64, 3)), 0, 255).astype(np.uint8)
                    writer.write(stamp, cv2.imencode(".jpg", picture)[1].tobytes(), Roi(8, 8, 48, 48))
                    stamp += 33_333_333
                stamp += 10**9
    return home / "bags" / name


def _teach(bag: Path) -> None:
    TrainingProcess().run(Request((bag,), Options(head="ridge"), "ours", {"penalty": 0.7}), lambda progress: None)
    model_store.select("ours")


def test_on_whoever_is_left(fer_home: Path) -> None:
    _teach(_bag(fer_home, "both", ("Kim", "Lee")))
    before = Bundle.load("ours")
    assert sorted(before.data["subjects"]) == ["Kim", "Lee"]
    planned = forget("Kim", dry_run=True, teach_anew=True)
    told = forget("Kim", teach_anew=True)
    assert told.complete, told
    assert told.done == planned.done and told.done[-1] == "model ours: is taught anew on what is left"
    after = Bundle.load("ours")
    assert after.data["subjects"] == ["Lee"] and after.data["bags"] == ["both"]
    assert (after.recipe["head"], after.recipe["penalty"]) == ("ridge", 0.7) == (before.recipe["head"], 0.7)
    assert paths.selected() == "ours"


def test_nobody_is_left(fer_home: Path) -> None:
    _teach(_bag(fer_home, "alone", ("Kim",)))
    told = forget("Kim", teach_anew=True)
    assert "ours" not in paths.model_names() and told.left == []
    (failed,) = told.failed
    assert "model ours is gone, since it was taught on this person, and could not be taught anew: none of" in failed
    assert forget("Kim").complete
