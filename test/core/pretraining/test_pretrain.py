"""Pretraining from nothing to a bundle, on a few drawn faces. TensorFlow runs in processes of its own, twice in all."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import fer2013
from fer_ros.core.bundle import Bundle
from fer_ros.core.errors import ConfigError
from fer_ros.core.pretraining import run as pretrain
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.core.types import ImageArray

MISSING = [name for name in ("tensorflow", "keras", "matplotlib") if importlib.util.find_spec(name) is None]
needs_tensorflow = pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make setup-dev")

#: A backbone of somebody else, so small that an epoch takes no time.
SMALL = '''
from fer_ros.core.litert import LiteRTBackbone


class Small(LiteRTBackbone):
    """One convolution with batch normalisation."""

    presets = {"only": {"width": 8}}

    @classmethod
    def build(cls, spec, width=8, **_):
        import keras
        from keras import layers

        inputs = layers.Input((spec.height, spec.width, spec.channels))
        x = layers.Conv2D(width, 5, 4, padding="same", use_bias=False)(inputs)
        return keras.Model(inputs, layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x)))
'''

SCRIPT = """
import json
import shutil
import sys
from pathlib import Path

import keras
import numpy as np

from fer_ros.core import fer2013
from fer_ros.core.pretraining import export, run as pretrain
from fer_ros.core.crop import InputSpec
from fer_ros.core.litert import LiteRTBackbone
from fer_ros.core.pretraining.recipe import Recipe
from fer_ros.plugins.backbones.mobilenet_v1 import MobileNetV1

folder = Path(sys.argv[1])
faces = fer2013.load(folder / "fer2013.csv")
recipe = Recipe(backbone="small", preset="only", epochs=2, batch=8, learning_rate=0.02)
seen = []


def note(*row):
    seen.append(row)
    if row[0] == 1:
        # What a process that is killed now would leave behind.
        shutil.copytree(folder / "whole", folder / "interrupted")


whole = pretrain.run(faces, recipe, folder / "whole", note)
spec = InputSpec()
network = MobileNetV1.build(spec, **MobileNetV1.presets["fer48"])
rng = np.random.default_rng(0)
for layer in network.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        # As after training: statistics that folding must not lose.
        gamma, beta, mean, variance = layer.get_weights()
        draw = lambda low, high: rng.uniform(low, high, gamma.shape).astype(np.float32)
        layer.set_weights([draw(0.5, 1.5), draw(-0.5, 1.0), draw(-0.2, 0.2), draw(0.3, 2.0)])
crops = rng.normal(size=(8, 48, 48, 1)).astype(np.float32)
(folder / "exported.tflite").write_bytes(export.to_litert(network))
exported = LiteRTBackbone(folder / "exported.tflite", spec).embed(crops)
in_keras = export.keras_embeddings(network, crops)
paper = MobileNetV1.build(InputSpec(224, 224, 3), **MobileNetV1.presets["paper2023"])
reference = keras.applications.MobileNet(input_shape=(224, 224, 3), alpha=0.25, include_top=False, weights=None)
facts = {
    "seen": seen,
    "history": whole.history,
    "trained_on": whole.trained_on,
    "removed": whole.removed,
    "kernel": whole.kernel.tolist(),
    "fer48": list(network.output_shape[1:]),
    "difference": float(np.abs(exported - in_keras).max()),
    "spread": float(in_keras.std()),
    "paper2023": list(paper.output_shape[1:]),
    "shapes": sorted(list(w.shape) for w in paper.weights) == sorted(list(w.shape) for w in reference.weights),
}
(folder / "facts.json").write_text(json.dumps(facts))
"""


def draw(label: int, rng: np.random.Generator) -> ImageArray:
    """A face whose mouth and brows follow the label, on a background of its own."""
    image = rng.normal(rng.uniform(40, 200), 25, (48, 48)).clip(0, 255).astype(np.uint8)
    image = cv2.GaussianBlur(image, (5, 5), 0)
    x, y = (int(v) for v in 24 + rng.integers(-5, 6, 2))
    cv2.ellipse(image, (x, y), (int(rng.integers(12, 18)), 19), 0, 0, 360, int(rng.integers(120, 220)), -1)
    for side in (-6, 6):
        cv2.circle(image, (x + side, y - 4), 2, 20, -1)
        cv2.line(image, (x + side - 3, y - 9 + label % 3), (x + side + 3, y - 9 + side * label // 12), 30, 1)
    cv2.ellipse(image, (x, y + 9), (6, 1 + label % 4), 0, 0 if label % 2 else 180, 180 if label % 2 else 360, 30, 1)
    return image


def drawn_faces() -> fer2013.Fer2013:
    rng = np.random.default_rng(5)
    usage = ["Training"] * 33 + ["PublicTest"] * 14
    targets = np.arange(len(usage)) % 7
    images = np.stack([draw(int(label), rng) for label in targets])
    images[0] = (images[40] * 0.9 + 10).astype(np.uint8)  # a training face that is a darker copy of a test face
    return fer2013.Fer2013(
        images, targets, np.zeros((len(usage), 7), np.float32), np.array(usage), np.arange(len(usage))
    )


FACES = drawn_faces()


@dataclass
class Session:
    """What the first process did, and how to start a second one."""

    folder: Path
    facts: dict[str, Any]
    environment: dict[str, str]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("pretrain")
    with (folder / "fer2013.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for image, target, usage in zip(FACES.images, FACES.targets, FACES.usage, strict=True):
            writer.writerow([target, " ".join(map(str, image.ravel())), usage])
    stranger = folder / "stranger"
    info = stranger / "small_backbone-1.0.dist-info"
    info.mkdir(parents=True)
    (stranger / "small_backbone.py").write_text(SMALL)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: small-backbone\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fer_ros.backbones]\nsmall = small_backbone:Small\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(stranger), os.environ.get("PYTHONPATH", "")])}
    environment["TF_CPP_MIN_LOG_LEVEL"] = "2"
    environment["FER_HOME"] = str(folder / "home")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, folder],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Session(folder, json.loads((folder / "facts.json").read_text()), environment)


@needs_tensorflow
@pytest.mark.slow
def test_each_epoch_is_told_and_kept(session: Session) -> None:
    facts = session.facts
    assert [row["epoch"] for row in facts["history"]] == [1, 2]
    assert facts["seen"] == [[r["epoch"], 2, r["loss"], r["val_accuracy"]] for r in facts["history"]]
    assert facts["history"][1]["loss"] < facts["history"][0]["loss"]
    assert (facts["trained_on"], facts["removed"]) == (32, 1)
    with (session.folder / "whole" / "history.csv").open() as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == facts["history"]


@needs_tensorflow
@pytest.mark.slow
def test_the_exported_network_answers_as_keras_does(session: Session) -> None:
    assert session.facts["spread"] > 0.1
    assert session.facts["difference"] < 1e-4


@needs_tensorflow
@pytest.mark.slow
def test_the_presets_have_the_geometry_they_say(session: Session) -> None:
    assert session.facts["fer48"] == [6, 6, 256]
    # That of 2023 is Keras' own MobileNet v1 0.25 without its classifier, layer for layer.
    assert session.facts["paper2023"] == [7, 7, 256] and session.facts["shapes"]


@needs_tensorflow
@pytest.mark.slow
def test_a_run_folder_keeps_to_its_recipe_and_data(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(session.folder / "stranger"))
    folder = session.folder / "whole"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    recipe = _recipe(backbone="small", preset="only")
    with pytest.raises(ConfigError, match="holds a run with another recipe"):
        pretrain.run(FACES, _recipe(backbone="small", preset="only", seed=2), folder)
    other = fer2013.Fer2013(FACES.images[:, ::-1], FACES.targets, FACES.votes, FACES.usage, FACES.rows)
    with pytest.raises(ConfigError, match="holds a run with other data"):
        pretrain.run(other, recipe, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def _recipe(**changes: Any) -> Recipe:
    given: dict[str, Any] = {
        "backbone": "mobilenet_v1",
        "preset": "fer48",
        "epochs": 2,
        "batch": 8,
        "learning_rate": 0.02,
        **changes,
    }
    return Recipe(**given)


@needs_tensorflow
@pytest.mark.slow
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(session: Session) -> None:
    """`fer pretrain` takes over the run that another process began, and makes a bundle of it."""
    assert (session.folder / "interrupted" / "history.csv").read_text().count("\n") == 2
    options = {"name": "drawn", "backbone": "small", "preset": "only", "epochs": 2, "batch": 8, "learning-rate": 0.02}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    words += ["--run", str(session.folder / "interrupted")]
    done = subprocess.run(
        [sys.executable, "-m", "fer_ros.cli.main", "pretrain", str(session.folder / "fer2013.csv"), *words],
        env=session.environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (session.folder / "interrupted" / "history.csv").open() as file:
        resumed = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    for row, expected in zip(resumed, session.facts["history"], strict=True):
        assert row == pytest.approx(expected, abs=1e-4)

    bundle = Bundle.load(session.folder / "home" / "models" / "drawn")
    quality = bundle.quality
    assert quality["split"] == "FER2013 PublicTest" and quality["count"] == 14
    assert quality["accuracy"] == pytest.approx(resumed[-1]["val_accuracy"]) == quality["keras_accuracy"]
    assert quality["clean"]["count"] == 13 and bundle.data["removed_near_duplicates"] == 1
    assert bundle.recipe["learning_rate"] == 0.02 and bundle.recipe["augmentation"]["flip"] is True
    assert {"training.png", "confusion.png", "README.md"} <= {path.name for path in bundle.path.iterdir()}
    card = (bundle.path / "README.md").read_text()
    assert "# Model card: drawn" in card and f"| all | 14 | {quality['accuracy']:.4f} |" in card
    assert "fer pretrain fer2013.csv --name drawn --backbone small --preset only --epochs 2 --batch 8" in card
    assert str(session.folder) not in card
    for name in ("training.png", "confusion.png"):
        assert cv2.imread(str(bundle.path / name)) is not None
    # What was taken over is what had been trained, to the last weight.
    with np.load(bundle.path / "head.npz") as head:
        np.testing.assert_allclose(head["kernel"], session.facts["kernel"], atol=1e-4)


def test_twins_of_test_faces_are_not_trained_on() -> None:
    training, removed = pretrain.training_faces(FACES)
    assert removed == 1 and training.rows.tolist() == list(range(1, 33))
    only_twins = FACES.take(np.array([0, 40]))
    with pytest.raises(ConfigError, match="there is nothing to train on"):
        pretrain.training_faces(only_twins)


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        (slice(0, 33), {}, "no faces of usage 'PublicTest': found Training"),
        (slice(33, 47), {}, "no faces of usage 'Training': found PublicTest"),
        (slice(0, 47), {"preset": "fer84"}, "unknown preset of mobilenet_v1 'fer84'"),
        (slice(0, 47), {"backbone": "mobilenet"}, "unknown backbone 'mobilenet'"),
    ],
)
def test_what_cannot_be_trained_claims_no_folder(
    tmp_path: Path, rows: slice, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        pretrain.run(FACES.take(np.arange(47)[rows]), _recipe(**changes), tmp_path / "run")
    assert not (tmp_path / "run").exists() and "tensorflow" not in sys.modules


@pytest.mark.parametrize(
    "changes",
    [{"epochs": 0}, {"batch": 1}, {"learning_rate": 0.0}, {"learning_rate": float("nan")}, {"votes_weight": -0.1}],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="are needed"):
        _recipe(**changes)
