from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.datasets import datasets
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture, Unread
from fer_ros.core.evaluating.evaluation import BATCH, WORST, calibration_error, evaluate
from fer_ros.core.recognition.recogniser import Model


@pytest.fixture
def model(brightness: Any) -> Model:
    """Says ``dark`` below a mean grey level of 128, else ``bright``."""
    return Model.open(brightness())


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str, list[int]], Path]:
    """``folder(label, levels)``: pictures of one grey level each below ``<label>``."""

    def make(label: str, levels: list[int]) -> Path:
        place = tmp_path / "data" / label
        place.mkdir(parents=True, exist_ok=True)
        for number, level in enumerate(levels):
            cv2.imwrite(str(place / f"{number:04}.png"), np.full((12, 10), level, np.uint8))
        return tmp_path / "data"

    return make


def test_every_picture_counts_once(model: Model, folder: Any) -> None:
    folder("dark", [10, 20, 200])
    path = folder("Bright", [250] * (BATCH + 5) + [5])
    seen: list[int] = []
    found = evaluate(model, datasets.load(path, crops=True), progress=seen.append)
    assert found.metrics.confusion == [[2, 1], [1, BATCH + 5]]
    assert seen == list(range(1, BATCH + 10))
    assert found.probabilities.shape == (BATCH + 9, 2) and found.skipped == {} and found.no_face == 0
    facts = json.loads(json.dumps(found.to_dict()))
    assert {"accuracy", "macro_precision", "macro_recall", "macro_f1", "confusion", "labels", "count", "model"} <= set(
        facts
    )
    assert facts["model"] == "brightness" and facts["count"] == BATCH + 9 and facts["labels"] == ["dark", "bright"]


def test_unknown_labels_and_broken_pictures_are_named_and_counted(
    model: Model, folder: Any, caplog: pytest.LogCaptureFixture
) -> None:
    folder("dark", [10, 10])
    folder("odd", [1, 2, 3])
    path = folder("bright", [200])
    for name in ("broken1.png", "broken2.png"):
        (path / "bright" / name).write_bytes(b"no picture")
    with caplog.at_level(logging.WARNING):
        found = evaluate(model, datasets.load(path, crops=True))
    assert found.skipped == {"of unknown label 'odd'": 3, "no picture (text)": 2} and found.metrics.count == 3
    assert len(caplog.messages) == 2 and "broken1.png: left out, no picture (text)" in caplog.text
    with pytest.raises(ConfigError, match=r"broken1.png: no picture \(text\); without --strict it is left out"):
        evaluate(model, datasets.load(path, crops=True), strict=True)


def test_one_class_alone_is_measured(model: Model, folder: Any) -> None:
    found = evaluate(model, datasets.load(folder("dark", [1, 2, 255]), crops=True))
    assert found.metrics.macro_recall == pytest.approx(2 / 3) and found.metrics.accuracy == pytest.approx(2 / 3)
    assert found.notes == ["'dark' is the only label, so macro figures say nothing of the others"]
    with pytest.raises(ConfigError, match=r"'dark' is the only label.*; without --strict it is measured all the same"):
        evaluate(model, datasets.load(folder("dark", [1, 2]), crops=True), strict=True)


def test_nothing_to_measure_is_refused_with_the_reason(model: Model, folder: Any) -> None:
    path = folder("odd", [1, 2])
    with pytest.raises(ConfigError, match=r"nothing to measure .*2 of unknown label 'odd'"):
        evaluate(model, datasets.load(path, crops=True))
    black = folder("dark", [0, 0])
    detector = registry.load("detectors", "left")()
    with pytest.raises(ConfigError, match=r"nothing to measure \(2 without a face"):
        evaluate(model, datasets.load(black), detector)


def test_a_detector_finds_the_crops_and_forgets_between_pictures(model: Model, tmp_path: Path) -> None:
    place = tmp_path / "data" / "dark"
    place.mkdir(parents=True)
    picture = np.full((40, 80), 10, np.uint8)
    picture[:, 60:] = 255  # beyond the crop, which reaches from -20 to 60 (framing 2 around 0 to 40)
    cv2.imwrite(str(place / "face.png"), picture)
    cv2.imwrite(str(place / "none.png"), np.zeros((40, 80), np.uint8))
    detector = registry.load("detectors", "left")()
    found = evaluate(model, datasets.load(tmp_path / "data"), detector)
    assert (found.metrics.count, found.metrics.accuracy, found.no_face) == (1, 1.0, 1)
    assert sys.modules["core_stranger"].Left.resets == 2


def test_the_choice_can_be_limited(model: Model, folder: Any) -> None:
    path = folder("dark", [250, 10])
    found = evaluate(model, datasets.load(path, crops=True), among=("DARK",))
    assert found.metrics.accuracy == 1.0
    np.testing.assert_allclose(found.probabilities, [[1, 0], [1, 0]])
    with pytest.raises(ConfigError, match="unknown label 'drak' \\(did you mean 'dark'"):
        evaluate(model, datasets.load(path, crops=True), among=("drak",))
    with pytest.raises(ConfigError, match="no label is left"):
        evaluate(model, datasets.load(path, crops=True), among=())


class Faces:
    """A dataset made of what the test gives."""

    name, crops, labels, left_out = "faces", True, ("dark",), LeftOut()

    def __init__(self, items: list[LabelledPicture]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[LabelledPicture]:
        return iter(self.items)

    def unread(self) -> Iterator[Unread]:
        return (Unread(item.name, item.label, image=item.image) for item in self.items)


def test_pictures_of_unequal_sizes_and_channels(model: Model) -> None:
    shapes = [(1, 1), (5, 900), (300, 2, 3), (8, 8)]
    faces = Faces([LabelledPicture(str(n), "dark", np.full(s, 30, np.uint8)) for n, s in enumerate(shapes)])
    found = evaluate(model, faces)
    assert found.metrics.confusion == [[4, 0], [0, 0]]
    assert found.notes[1] == "the crops are of 4 sizes, brought to one: 1 of 1x1, 1 of 900x5, 1 of 2x300, 1 of 8x8"
    faces.items[0] = LabelledPicture("0", "bright", np.full((8, 8), 255, np.uint8))
    with pytest.raises(ConfigError, match="the crops are of 3 sizes"):
        evaluate(model, Faces([*faces.items, faces.items[1]]), strict=True)


def test_the_most_confident_mistakes_are_kept(model: Model, folder: Any) -> None:
    folder("dark", [*range(129, 129 + WORST + 4), 0])
    found = evaluate(model, datasets.load(folder("bright", [120, 255]), crops=True))
    mistakes = found.mistakes
    assert len(mistakes) == WORST and found.metrics.count == WORST + 7
    assert [m.confidence for m in mistakes] == sorted((m.confidence for m in mistakes), reverse=True)
    assert [(m.truth, m.predicted, int(m.picture[0, 0, 0])) for m in mistakes[:2]] == [
        ("dark", "bright", 128 + WORST + 4),
        ("dark", "bright", 127 + WORST + 4),
    ]
    assert {m.truth for m in mistakes} == {"dark", "bright"} and mistakes[0].picture.shape == (8, 8, 1)
    assert found.positions.tolist() == list(range(WORST + 7))


def test_the_calibration_error_computed_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.55, 0.45]], np.float32)
    truth = np.array([0, 1, 1, 0])
    # Bins of 1/15: 0.9 twice (one right): gap |1 - 1.8|; 0.8 (right): 0.2; 0.55 (right): 0.45.
    assert calibration_error(truth, probabilities) == pytest.approx((0.8 + 0.2 + 0.45) / 4, abs=1e-6)
    certain = np.array([[1.0, 0.0]] * 4, np.float32)
    assert calibration_error(np.array([0, 0, 0, 0]), certain) == 0.0
    assert calibration_error(np.array([1, 1, 1, 1]), certain) == 1.0
