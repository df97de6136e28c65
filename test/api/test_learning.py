"""Measuring and teaching from a script."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import fer_ros
from fer_ros.core import bags
from fer_ros.core.base.types import Roi

LEVELS = {"happy": 200, "sad": 60}


@pytest.fixture
def recorded(fer_home: Path) -> str:
    """The name of a bag in which happy pictures are bright and sad ones are dark on one side."""
    rng = np.random.default_rng(0)
    with bags.BagWriter(fer_home / "bags" / "monday", {}) as writer:
        stamp = 1_700_000_000_000_000_000
        for _ in range(4):
            for label, level in LEVELS.items():
                writer.begin_take(label, "anna")
                for _ in range(8):
                    picture = rng.normal(120.0, 8.0, (64, 64, 3))
                    picture[:, : (40 if label == "happy" else 12)] = level
                    encoded = cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8))[1].tobytes()
                    writer.write(stamp, encoded, Roi(8, 8, 48, 48))
                    stamp += 33_333_333
                stamp += 10**9
    return "monday"


@pytest.mark.slow
def test_teaching_gives_a_model_that_a_reader_uses(recorded: str) -> None:
    steps: list[fer_ros.Progress] = []
    outcome = fer_ros.teach(recorded, "mine", progress=steps.append, head="prototype", copies=0)
    assert (outcome.model, outcome.head, outcome.metrics.labels) == ("mine", "prototype", ("happy", "sad"))
    assert steps and steps[-1].phase == "saving"
    assert len(repr(outcome)) < 100
    assert fer_ros.Reader("mine", "whole_frame").labels == ("happy", "sad")

    measured = fer_ros.evaluate(recorded, "mine")
    assert measured.metrics.count == 64
    assert len(repr(measured)) < 100


def test_a_wrong_option_is_named_with_the_known_ones(recorded: str) -> None:
    with pytest.raises(fer_ros.ConfigError, match=r"learning_rat.*did you mean 'learning_rate'"):
        fer_ros.teach(recorded, head="dense", learning_rat=1)
    with pytest.raises(fer_ros.ConfigError, match="no such"):
        fer_ros.teach("no such bag")
    with pytest.raises(fer_ros.ConfigError, match="no such dataset"):
        fer_ros.evaluate("nowhere")
