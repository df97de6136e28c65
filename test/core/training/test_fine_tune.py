"""Fine-tuning: the backbone really changes, what was measured is what ships, and weights must belong to the network."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Roi
from fer_ros.core.bundles import bundle
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.training import faces, run
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytestmark = pytest.mark.slow
OPTIONS = Options(head="fine_tune", split="random")
SETTINGS = {"epochs": 2, "learning_rate": 1e-3, "tune_layers": 8}


@pytest.fixture
def bag(fer_home: Path) -> Path:
    """Two expressions, twelve frames each, cut out by hand."""
    folder, stamp = fer_home / "bags" / "two", 1_700_000_000_000_000_000
    with bags.BagWriter(folder, {"detector": "whole_frame"}) as writer:
        for label in ("happy", "surprise"):
            source = FaceSource(FaceSettings(expression=label, fps=0.0, width=160, height=160))
            source.open()
            writer.begin_take(label)
            for index in range(12):
                picture = cv2.imencode(".png", source.picture(index, source.settings))[1].tobytes()
                writer.write(stamp, picture, Roi(20, 20, 120, 120))
                stamp += 33_333_333
    return folder


def test_head_and_last_layers_learn_and_what_was_measured_ships(bag: Path) -> None:
    pytest.importorskip("tensorflow")
    general = Bundle.load("default")
    outcome = run.train(Request((bag,), OPTIONS, "tuned", SETTINGS))
    tuned = Bundle.load("tuned")
    assert tuned.head.plugin == "linear" and [row["epoch"] for row in outcome.history] == [1.0, 2.0]
    for file in ("backbone.tflite", "backbone.weights.h5"):
        assert tuned.checksums[file] != general.checksums[file]
    assert OPTIONS.refit and "refitted_on" not in tuned.data, "the embeddings at hand are the general backbone's"
    found = faces.gather([bag], tuned.input, "whole_frame")
    answers = Model.open(tuned).classify(found.crops).argmax(axis=1)
    assert (answers == found.origin.labels).mean() >= 0.9
    assert outcome.metrics.accuracy == pytest.approx(1.0)
    # It can be tuned on, with the preset of the first general model.
    again = run.train(Request((bag,), dataclasses.replace(OPTIONS, base="tuned"), "again", {**SETTINGS, "epochs": 1}))
    assert again.base == "tuned" and Bundle.load("again").recipe["general"]["general"] == general.recipe


def test_weights_of_another_network_are_refused(bag: Path, fer_home: Path) -> None:
    keras = pytest.importorskip("keras")
    general = Bundle.load("default")
    folder = Path(shutil.copytree(general.path, fer_home / "models" / "copied"))
    from fer_ros.core.base import registry

    plugin = registry.load("backbones", general.backbone.plugin)
    keras.utils.set_random_seed(3)
    plugin.build(general.input, **plugin.presets[general.recipe["preset"]]).save_weights(folder / "backbone.weights.h5")
    contents = {name: (folder / name).read_bytes() for name in general.checksums}
    bundle.write(dataclasses.replace(general, name="copied", path=folder), contents, replace=True)
    with pytest.raises(ConfigError, match="its weights are not those of its backbone"):
        run.train(Request((bag,), dataclasses.replace(OPTIONS, base="copied"), "", SETTINGS))
    (folder / "backbone.weights.h5").write_bytes(b"no HDF5")
    contents["backbone.weights.h5"] = b"no HDF5"
    bundle.write(dataclasses.replace(general, name="copied", path=folder), contents, replace=True)
    with pytest.raises(ConfigError, match="does not fit the backbone"):
        run.train(Request((bag,), dataclasses.replace(OPTIONS, base="copied"), "", SETTINGS))
    assert paths.model_names() == ["copied", "default", "small"]


def test_augmented_copies_keep_the_face(bag: Path) -> None:
    found = faces.gather([bag], Bundle.load("default").input, "whole_frame")
    options = dataclasses.replace(OPTIONS, copies=3, shift=0.05, light=0.2, flip=False)
    copies = faces.altered(found.crops, options, 3)
    assert copies.shape == (72, 48, 48, 1) and copies.dtype == np.uint8
    likeness = [
        np.corrcoef(found.crops[i % 24].ravel().astype(float), copies[i].ravel().astype(float))[0, 1] for i in range(72)
    ]
    assert min(likeness) > 0.5 and max(likeness) < 1.0
