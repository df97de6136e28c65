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

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining import run as pretrain
from fer_ros.core.pretraining.recipe import Recipe

MISSING = [name for name in ("tensorflow", "keras", "matplotlib") if importlib.util.find_spec(name) is None]
needs_tensorflow = pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make setup-dev")
#: Two processes that import TensorFlow and convert networks: seconds on an idle machine.
pytestmark = pytest.mark.timeout(800)

#: A backbone of somebody else, so small that an epoch takes no time.
SMALL = '''
from fer_ros.core.vision.litert import LiteRTBackbone


class Small(LiteRTBackbone):
    """One convolution with batch normalisation; preset dense: with a layer that fits one size only."""

    presets = {"only": {}, "dense": {"units": 4}}

    @classmethod
    def build(cls, spec, units=0, **_):
        import keras
        from keras import layers

        inputs = layers.Input((spec.height, spec.width, spec.channels))
        x = layers.Conv2D(8, 5, 4, padding="same", use_bias=False)(inputs)
        x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))
        if units:
            x = layers.Reshape((1, 1, units))(layers.Dense(units)(layers.Flatten()(x)))
        return keras.Model(inputs, x)
'''
Pair = tuple[Bundle, Bundle]
#: The same run, taken over and exported, and then exported otherwise.
TAKEN_OVER = """
import sys
from fer_ros.cli.main import main

words = sys.argv[1:]
sys.exit(main(words) or main([*words, "--replace", "--prior", "1", "--quantize", "int8", "--name", "rare"]))
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
    # Half of them are of the first label, as the label shares of real data are uneven.
    targets = np.where(np.arange(len(usage)) % 2, np.arange(len(usage)) % 7, 0)
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
    _run([str(Path(__file__).with_name("whole_runs.py")), str(folder)], environment)
    return Session(folder, json.loads((folder / "facts.json").read_text()), environment)


def _run(words: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=780, check=False
    )
    assert done.returncode == 0, done.stderr


def _history(folder: Path) -> list[dict[str, float]]:
    with (folder / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@needs_tensorflow
@pytest.mark.slow
def test_each_epoch_is_told_and_kept(session: Session) -> None:
    facts = session.facts["run"]
    assert [row["epoch"] for row in facts["history"]] == [1, 2, 3, 4]
    assert facts["seen"] == [[r["epoch"], 4, r["loss"], r["val_accuracy"]] for r in facts["history"]]
    assert facts["history"][3]["loss"] < facts["history"][0]["loss"]
    assert (facts["trained_on"], facts["removed"]) == (32, 1)
    assert _history(session.folder / "whole") == facts["history"]
    assert cv2.imread(str(session.folder / "whole" / "training.png")) is not None


@needs_tensorflow
@pytest.mark.slow
def test_what_is_kept_is_the_average_without_the_votes(session: Session) -> None:
    facts = session.facts["run"]
    # The shapes agree, the values do not, unless the momentum is 0.
    assert facts["averaged"] == [True, False] and facts["not_averaged"]
    assert not {"votes", "probabilities", "dropout"} & set(facts["layers"])
    assert np.shape(facts["kernel"]) == (8, 7)
    # A finished run is loaded, and its batch norms measured on faces as they are.
    assert max(facts["norms"][:2]) < 0.01 and facts["norms"][2] == 0.9


@needs_tensorflow
@pytest.mark.slow
def test_steps_are_blended_seeded_and_of_the_size_of_the_phase(session: Session) -> None:
    facts = session.facts["batches"]
    assert facts["shapes"] == [[8, 48, 48, 1], [8, 24, 24, 1]] and facts["batches"] == 47 // 8
    mixed = np.array(facts["mixed"])
    np.testing.assert_allclose(mixed.sum(axis=1), 1.0, atol=1e-6)
    # Two labels at most in each row, and the same share for all rows that have two.
    assert (mixed[:, 2:] == 0).all() and 0 < mixed[:, 1].max() <= 0.5
    assert len(np.unique(mixed[mixed[:, 1] > 0, 1].round(5))) == 1
    assert facts["votes_alike"] and facts["plain"]
    assert facts["repeated"] and not facts["later"]
    assert facts["taught"] < 1e-6


@needs_tensorflow
@pytest.mark.slow
def test_a_bundle_teaches_and_is_started_from(session: Session) -> None:
    facts = session.facts["run"]
    # Keras and LiteRT, float16 weights and float32 ones.
    assert facts["teacher_difference"] < 5e-3
    assert 0 < facts["half_precision"] < 1e-3 and facts["start_difference"] < 1e-4


@needs_tensorflow
@pytest.mark.slow
def test_what_does_not_fit_is_refused(session: Session) -> None:
    facts = session.facts["run"]
    assert "the saved state is damaged" in facts["damaged"] and "delete the folder" in facts["damaged"]
    expected = [
        "model 'general' cannot teach: it takes other faces",
        "are not those of backbone small, preset only, with 1 channels",
        "backbone small has layers of a fixed size and cannot begin with faces of 24 pixels: give --sides 1",
        "there are no ImageNet weights for backbone small",
        "choose --recipe paper2023",
        "does not tell the preset of its backbone",
        "holds no weights to train on (backbone.weights.h5)",
        "does not fit the backbone",
    ]
    for message, part in zip(facts["refused"], expected, strict=True):
        assert part in message
    assert "unknown quantization 'int4'" in session.facts["exports"]["refused"][0]
    assert "int8 needs crops" in session.facts["exports"]["refused"][1]


@needs_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize(("quantize", "tolerance"), [("float32", 1e-5), ("float16", 5e-3), ("int8", 0.1)])
def test_exported_networks_answer_as_keras_does(session: Session, quantize: str, tolerance: float) -> None:
    difference, spread = session.facts["exports"]["exports"][quantize]
    assert spread > 0.1 and difference < tolerance * spread
    difference, spread, side = session.facts["exports"]["exports"][f"{quantize} finer"]
    assert side > 1 and difference < tolerance * spread


@needs_tensorflow
@pytest.mark.slow
def test_the_preset_of_2023_is_the_network_that_keras_publishes_weights_for(session: Session) -> None:
    assert session.facts["exports"]["paper2023"] < 1e-4


@needs_tensorflow
@pytest.mark.slow
def test_a_run_folder_keeps_to_its_recipe_and_data(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(session.folder / "stranger"))
    folder = session.folder / "whole"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    recipe = Recipe(backbone="small", preset="only", epochs=4, batch=8, learning_rate=0.02, sides=(0.5, 1.0), seed=2)
    with pytest.raises(ConfigError, match=r"holds a run with another recipe \(seed 1, not 2\)"):
        pretrain.run(FACES, recipe, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture(scope="module")
def taken_over(session: Session) -> Pair:
    """Two bundles of a run that another process began and `fer pretrain` took over, over the change of size."""
    folder = session.folder / "interrupted"
    assert len(_history(folder)) == 1
    options = {"name": "drawn", "backbone": "small", "preset": "only", "epochs": 4, "batch": 8, "learning-rate": 0.02}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    words += ["--sides", "0.5", "1", "--norm-faces", "0", "--run", str(folder)]
    _run(["-c", TAKEN_OVER, "pretrain", str(session.folder / "fer2013.csv"), *words], session.environment)
    home = session.folder / "home" / "models"
    return Bundle.load(home / "drawn"), Bundle.load(home / "rare")


@needs_tensorflow
@pytest.mark.slow
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(session: Session, taken_over: Pair) -> None:
    resumed = _history(session.folder / "interrupted")
    for row, expected in zip(resumed, session.facts["run"]["history"], strict=True):
        assert row == pytest.approx(expected, abs=1e-4)
    bundle, rare = taken_over
    quality = bundle.quality
    assert (quality["split"], quality["count"]) == ("FER2013 PublicTest", 14)
    assert quality["accuracy"] == pytest.approx(resumed[-1]["val_accuracy"]) == quality["keras_accuracy"]
    assert quality["clean"]["count"] == 13 and bundle.data["removed_near_duplicates"] == 1
    assert quality["balanced_accuracy"] == quality["macro_recall"]
    assert bundle.recipe["learning_rate"] == 0.02 and bundle.recipe["augmentation"]["flip"] is True
    # What was taken over is what had been trained, to the last weight, over the temperature.
    assert 0.2 <= quality["temperature"] <= 5
    with np.load(bundle.path / "head.npz") as head, np.load(rare.path / "head.npz") as favoured:
        np.testing.assert_allclose(head["kernel"] * quality["temperature"], session.facts["run"]["kernel"], atol=1e-4)
        # Of two exports of one run, the second names the first label, which half of the faces have, less often.
        moved = favoured["bias"] * rare.quality["temperature"] - head["bias"] * quality["temperature"]
        share = np.mean(FACES.targets[1:33] == 0)
        assert moved.argmin() == 0 and moved[0] == pytest.approx(-np.log(share), abs=1e-3)
    assert rare.recipe["quantize"] == "int8" and (bundle.recipe["quantize"], bundle.recipe["prior"]) == ("float16", 0.0)
    assert rare.checksums["backbone.weights.h5"] and len(resumed) == 4


@needs_tensorflow
@pytest.mark.slow
def test_the_card_tells_how_it_was_made(session: Session, taken_over: Pair) -> None:
    bundle, rare = taken_over
    assert {"training.png", "confusion.png", "README.md"} <= {path.name for path in bundle.path.iterdir()}
    for name in ("training.png", "confusion.png"):
        assert cv2.imread(str(bundle.path / name)) is not None
    card, other = (b.path.joinpath("README.md").read_text() for b in (bundle, rare))
    assert "# Model card: drawn" in card and f"| all | 14 | {bundle.quality['accuracy']:.4f} |" in card
    assert "fer pretrain fer2013.csv --name drawn --backbone small --preset only --epochs 4 --batch 8" in card
    assert "--sides 0.5 1.0 --norm-faces 0 --quantize float16`" in card and str(session.folder) not in card
    assert "in equal parts: 24, 48 pixels" in card and "Starts from random weights." in card
    assert "the FER+ votes (" not in card and "logarithm" not in card
    assert "1 times the logarithm of each label's share" in other and "numbers kept as int8" in other


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
    recipe = Recipe(**{"backbone": "mobilenet_v1", **changes})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=message):
        pretrain.run(FACES.take(np.arange(47)[rows]), recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists() and "tensorflow" not in sys.modules
