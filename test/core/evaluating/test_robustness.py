from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.datasets import datasets
from fer_ros.core.datasets.measured_faces import MeasuredFace
from fer_ros.core.evaluating import robustness
from fer_ros.core.evaluating.evaluation import evaluate
from fer_ros.core.recognition.recogniser import Model

FACE = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (48, 48), dtype=np.uint8), (5, 5), 0)


def measured(
    image: ImageArray, roi: Roi | None = None, framing: Framing | None = None, position: int = 0
) -> MeasuredFace:
    return MeasuredFace(position, "x", 0, image, roi, framing or Framing())


def off(first: ImageArray, second: ImageArray) -> float:
    """Mean difference in grey levels."""
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.mark.parametrize("name", robustness.WAYS)
def test_every_way_gives_a_picture_and_the_more_the_worse(name: str) -> None:
    way = robustness.WAYS[name]
    colour = np.dstack([FACE, 255 - FACE, FACE])
    for image in (FACE, colour):
        for amount in way.amounts:
            out = robustness.changed(measured(image), name, amount)
            side = round(amount) if name == "size" else 48
            assert out.dtype == np.uint8 and out.shape == (side, side, *image.shape[2:])
            np.testing.assert_array_equal(out, robustness.changed(measured(image), name, amount))
    if name != "size":
        neutral = {"jpeg": 100.0}.get(name, way.neutral)
        assert neutral is not None
        # Read noise comes with any light.
        nothing = off(robustness.changed(measured(FACE), name, neutral), FACE)
        assert nothing < (3.0 if name in ("light", "jpeg") else 0.01)
        ordered = sorted(way.amounts, key=lambda amount: abs(amount - neutral))
        worst = off(robustness.changed(measured(FACE), name, ordered[-1]), FACE)
        assert worst > nothing + 3.0


def test_size_keeps_no_more_than_so_many_pixels() -> None:
    small = robustness.changed(measured(FACE), "size", 24)
    np.testing.assert_array_equal(small, cv2.resize(FACE, (24, 24), interpolation=cv2.INTER_AREA))
    assert robustness.changed(measured(np.zeros((30, 50), np.uint8)), "size", 64).shape == (64, 64)


def test_chance_differs_between_faces_but_not_between_amounts() -> None:
    flat = np.full((40, 40), 128, np.uint8)
    weak, strong = (robustness.changed(measured(flat), "noise", amount).astype(int) - 128 for amount in (10, 20))
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99
    other = robustness.changed(measured(flat, position=1), "noise", 10).astype(int) - 128
    assert abs(np.corrcoef(weak.ravel(), other.ravel())[0, 1]) < 0.1
    assert weak.std() == pytest.approx(10, rel=0.1)


def dot(x: int, y: int, side: int = 61) -> ImageArray:
    image = np.zeros((side, side), np.uint8)
    cv2.circle(image, (x, y), 2, 255, -1)
    return image


def centre_of(image: ImageArray) -> tuple[float, float]:
    y, x = np.nonzero(image > 100)
    return float(x.mean()), float(y.mean())


def test_where_the_box_goes_the_face_leaves() -> None:
    middle = dot(30, 30)
    x, y = centre_of(robustness.changed(measured(middle), "shift", 0.2))
    assert np.hypot(x - 30, y - 30) == pytest.approx(0.2 * 61, abs=0.5)
    right = dot(45, 30)
    # OpenCV turns counter-clockwise, y is down.
    assert centre_of(robustness.changed(measured(right), "rotation", 30)) == pytest.approx(
        (30 + 15 * np.cos(np.pi / 6), 30 - 15 * np.sin(np.pi / 6)), abs=0.5
    )
    assert centre_of(robustness.changed(measured(right), "box", 1.25))[0] == pytest.approx(30 + 15 / 1.25, abs=0.5)


def test_with_a_box_the_picture_around_it_is_seen() -> None:
    image = np.zeros((200, 200), np.uint8)
    image[:, 135:] = 250  # just beyond the crop, which reaches from 65 to 135
    face = measured(image, Roi(75, 75, 50, 50), Framing(scale=1.4))
    assert not face.face().any() and face.face().shape == (70, 70)
    wide = robustness.changed(face, "box", 1.25)
    assert wide.shape == (70, 70) and wide[35, -3] == 250 and wide[35, 35] == 0
    np.testing.assert_array_equal(robustness.changed(face, "box", 1), face.face())
    # The same face alone repeats its edge.
    assert not robustness.changed(measured(face.face()), "box", 1.25).any()


@pytest.fixture
def model(brightness: Any) -> Model:
    """Says ``dark`` below a mean grey level of 128, else ``bright``."""
    return Model.open(brightness())


def test_the_curves_of_a_model_that_goes_by_brightness(model: Model, tmp_path: Path) -> None:
    for label, level in (("dark", 90), ("bright", 170)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(2):
            cv2.imwrite(str(tmp_path / "data" / label / f"{number}.png"), np.full((20, 20, 3), level, np.uint8))
    (tmp_path / "data" / "bright" / "broken.png").write_bytes(b"")
    dataset = datasets.load(tmp_path / "data", crops=True)
    seen: list[int] = []
    values = robustness.measure(model, dataset, progress=seen.append).to_dict()
    assert values == json.loads(json.dumps(values)) and seen == [1, 2, 3, 4]
    assert values["count"] == 4 and values["plain"] == 1.0 == evaluate(model, dataset).metrics.accuracy
    accuracy = {
        name: {point["amount"]: point["accuracy"] for point in curve["points"]}
        for name, curve in values["curves"].items()
    }
    # 170 becomes 124 at half the light and 105 at exponent 2.2; 90 becomes 152 at exponent 0.5.
    assert accuracy["light"][1] == 1.0 and set(list(accuracy["light"].values())[1:]) == {0.5}
    assert accuracy["gamma"] == {0.3: 0.5, 0.5: 0.5, 0.7: 1.0, 1: 1.0, 1.5: 1.0, 2.2: 0.5, 3: 0.5}
    for name in ("size", "blur", "noise", "rotation", "shift", "box", "jpeg"):
        assert set(accuracy[name].values()) == {1.0}
    for curve in values["curves"].values():
        for point in curve["points"]:
            low, high = point["interval"]
            assert low <= point["accuracy"] <= high and point["agreement"] == point["accuracy"]


def test_nothing_to_measure(model: Model, tmp_path: Path) -> None:
    (tmp_path / "data" / "odd").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "data" / "odd" / "1.png"), FACE)
    with pytest.raises(ConfigError, match="nothing to measure"):
        robustness.measure(model, datasets.load(tmp_path / "data", crops=True))


def test_with_a_detector(model: Model, tmp_path: Path) -> None:
    (tmp_path / "data" / "bright").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "data" / "bright" / "1.png"), np.full((40, 80, 3), 250, np.uint8))
    detector = registry.load("detectors", "left")()
    found = robustness.measure(model, datasets.load(tmp_path / "data"), detector, among=("bright",))
    assert (found.count, found.plain) == (1, 1.0)
    assert all(point["accuracy"] == 1.0 for curve in found.curves.values() for point in curve)
