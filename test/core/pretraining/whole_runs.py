"""Run by ``test_pretrain.py`` in a process of its own: short runs of all kinds, whose facts go to ``facts.json``.

The first argument is a folder with ``fer2013.csv``; a backbone plugin ``small`` is installed.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import yaml

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles.bundle import Bundle, Network
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining import data, export, finer, networks
from fer_ros.core.pretraining import run as pretrain
from fer_ros.core.pretraining.assemble import assemble
from fer_ros.core.pretraining.loop import Batches
from fer_ros.core.pretraining.recipe import Recipe, named
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision.litert import LiteRTBackbone

FOLDER = Path(sys.argv[1])
RECIPE = Recipe(backbone="small", preset="only", epochs=4, batch=8, learning_rate=0.02, sides=(0.5, 1.0), norm_faces=0)


def first_run(faces: fer2013.Fer2013) -> dict[str, Any]:
    """Two phases, undisturbed; after the first epoch, what a process that is killed then would leave is kept."""
    seen: list[tuple[int, int, float, float]] = []

    def note(*row: Any) -> None:
        seen.append(row)
        if row[0] == 1:
            shutil.copytree(FOLDER / "whole", FOLDER / "interrupted")

    trained = pretrain.run(faces, RECIPE, FOLDER / "whole", note)
    shutil.copytree(FOLDER / "whole", FOLDER / "damaged")
    state = yaml.safe_load((FOLDER / "damaged" / "state.yaml").read_text())
    (FOLDER / "damaged" / state["file"]).write_bytes(b"no HDF5")
    bundle = write_bundle(trained, faces)
    return {
        "seen": seen,
        "history": trained.history,
        "trained_on": len(trained.training),
        "removed": trained.removed,
        "kernel": trained.kernel.tolist(),
        "layers": [layer.name for layer in trained.backbone.layers],
        "averaged": [averaged(FOLDER / "whole"), same(average(FOLDER / "whole")[-2:], last_weights(FOLDER / "whole"))],
        "damaged": refusal(lambda: pretrain.run(faces, RECIPE, FOLDER / "damaged")),
        "norms": norms_apart(pretrain.run(faces, replace(RECIPE, norm_faces=16), FOLDER / "whole"), faces),
        **from_bundle(faces, trained, bundle),
    }


def from_bundle(faces: fer2013.Fer2013, trained: pretrain.TrainedNetwork, bundle: Bundle) -> dict[str, Any]:
    """A teacher, a start, and what they refuse."""
    test = faces.part(fer2013.PUBLIC_TEST)
    teacher = networks.Teachers([bundle, bundle], RECIPE.input, faces.labels)
    answers = teacher(data.prepare(test.images, RECIPE.input))
    on_robot = Model.open(bundle).classify(test.images[..., np.newaxis])
    start = networks.load(bundle).get_weights()
    name = networks.digest(bundle)
    gentle = replace(
        RECIPE, epochs=1, learning_rate=1e-7, average=0.0, sides=(1.0,), start=name, teacher=name, teacher_weight=0.5
    )
    begun = pretrain.run(faces, gentle, FOLDER / "begun", teacher=teacher, start=start)
    return {
        "teacher_difference": float(np.abs(answers - on_robot).max()),
        "start_difference": kernels_apart(begun.backbone.get_weights(), start),
        "half_precision": kernels_apart(trained.backbone.get_weights(), start),
        "not_averaged": same(average(FOLDER / "begun")[-2:], last_weights(FOLDER / "begun")),
        "refused": [
            refusal(lambda: networks.Teachers([bundle], InputSpec(64, 64), faces.labels)),
            refusal(lambda: pretrain.run(faces, gentle, FOLDER / "wrong_start", start=start[1:])),
            refusal(lambda: pretrain.run(faces, replace(RECIPE, preset="dense"), FOLDER / "dense")),
            refusal(lambda: networks.imagenet(RECIPE)),
            refusal(lambda: networks.imagenet(replace(RECIPE, backbone="mobilenet_v1", preset="fer48"))),
            refusal(lambda: networks.load(replace(bundle, recipe={}))),
            refusal(lambda: networks.load(replace(bundle, checksums={}))),
            refusal(lambda: networks.load(replace(bundle, recipe=bundle.recipe | {"preset": "dense"}))),
        ],
    }


def write_bundle(trained: pretrain.TrainedNetwork, faces: fer2013.Fer2013) -> Bundle:
    stated = Bundle(
        name="general",
        path=FOLDER / "general",
        labels=faces.labels,
        input=RECIPE.input,
        backbone=Network("small", "backbone.tflite"),
        head=Network("linear", "head.npz"),
        recipe=asdict(RECIPE),
    )
    filled, contents, _ = assemble(stated, trained, faces, lambda _: None, least_named=0.9)
    return bundles.write(filled, contents)


def batch_facts(faces: fer2013.Fer2013) -> dict[str, Any]:
    """What a step is given."""
    hard, votes = fer2013.soft_targets(faces, 0.0), np.roll(fer2013.soft_targets(faces, 0.0), 1, axis=1)
    images = faces.images[..., np.newaxis]
    recipe = replace(RECIPE, mixup=0.4)
    batches = Batches(images, hard, votes, recipe)
    x, targets = batches[1]
    again = batches[1]
    batches.begin(1)
    later = batches[1]
    batches.spec = InputSpec(24, 24)
    plain = Batches(images, hard, votes, replace(recipe, mixup=0.0))
    taught = Batches(images, hard, votes, replace(recipe, teacher_weight=0.25), constant_teacher)
    return {
        "shapes": [list(x.shape), list(batches[1][0].shape)],
        "mixed": np.sort(targets["probabilities"], axis=1)[:, ::-1].tolist(),
        "votes_alike": same([np.roll(targets["probabilities"], 1, axis=1)], [targets["votes"]]),
        "repeated": same([x, *targets.values()], [again[0], *again[1].values()]),
        "later": same([x], [later[0]]),
        "plain": same([plain[0][1]["probabilities"]], [hard[plain.order[:8]]]),
        "taught": float(np.abs(taught[1][1]["probabilities"] - (0.75 * targets["probabilities"] + 0.25 / 7)).max()),
        "batches": len(batches),
    }


def constant_teacher(crops: FloatArray) -> FloatArray:
    return np.full((len(crops), 7), 1 / 7, np.float32)


def export_facts() -> dict[str, Any]:
    """Each backbone in LiteRT against Keras, with statistics of the batch norms that folding must not lose."""
    rng = np.random.default_rng(0)
    crops = rng.normal(size=(24, 48, 48, 1)).astype(np.float32)
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("mobilenet_v1", {"alpha": 0.25}, "int8"),
        ("mobilenet_v2", {"alpha": 0.5}, "float32"),
        ("paper2017", {"filters": (4, 16), "units": (12, 6)}, "float16"),
    ]
    out = {}
    for name, arguments, quantize in cases:
        network = registry.load("backbones", name).build(InputSpec(), **arguments)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                vectors = layer.get_weights()
                bounds = ((0.5, 1.5), (-0.5, 1.0), (-0.2, 0.2), (0.3, 2.0))
                layer.set_weights([rng.uniform(*b, v.shape) for b, v in zip(bounds, vectors, strict=True)])
        file = FOLDER / f"{name}.tflite"
        file.write_bytes(finer.add(export.to_litert(network, quantize, crops)))
        exported, expected = LiteRTBackbone(file, InputSpec()).maps(crops), network.predict_on_batch(crops)
        out[quantize] = [float(np.square(exported.embeddings - expected).mean() ** 0.5), float(expected.std())]
        assert finer.add(file.read_bytes()) == file.read_bytes(), "the map is added once"
        out[f"{quantize} finer"] = finer_apart(network, crops, exported.finer)
    paper = registry.load("backbones", "mobilenet_v1")
    ours = paper.build(InputSpec(224, 224, 3), **paper.presets["paper2023"])
    theirs = keras.applications.MobileNet((224, 224, 3), 0.25, include_top=False, weights=None)
    theirs.save(FOLDER / "published.h5")
    ours.set_weights(networks.imagenet(named("paper2023"), FOLDER / "published.h5"))
    picture = rng.uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
    return {
        "exports": out,
        "paper2023": float(np.abs(ours.predict_on_batch(picture) - theirs.predict_on_batch(picture)).max()),
        "refused": [refusal(lambda: export.to_litert(ours, "int4")), refusal(lambda: export.to_litert(ours, "int8"))],
    }


def finer_apart(network: Any, crops: FloatArray, found: FloatArray) -> list[float]:
    """How far the finer map is from the nearest map of that shape in Keras, the spread of that, and its side."""
    maps = [
        np.asarray(keras.Model(network.input, layer.output).predict_on_batch(crops))
        for layer in network.layers
        if tuple(layer.output.shape[1:]) == found.shape[1:]
    ]
    nearest = min(maps, key=lambda expected: float(np.square(found - expected).mean()))
    return [float(np.square(found - nearest).mean() ** 0.5), float(nearest.std()), float(found.shape[1])]


def norms_apart(trained: pretrain.TrainedNetwork, faces: fer2013.Fer2013) -> list[float]:
    """How far mean and variance of the batch norm are from those of its input over 16 unaltered faces; its momentum."""
    training, _ = data.training_faces(faces)
    chosen = np.random.default_rng(RECIPE.seed).permutation(len(training))[:16]
    _, convolution, norm, *_ = trained.backbone.layers
    maps = keras.Model(trained.backbone.input, convolution.output).predict_on_batch(
        data.prepare(training.images[chosen], RECIPE.input)
    )
    apart = (
        norm.moving_mean.numpy() - maps.mean(axis=(0, 1, 2)),
        norm.moving_variance.numpy() - maps.var(axis=(0, 1, 2)),
    )
    return [*(float(np.abs(part).max()) for part in apart), norm.momentum]


def average(folder: Path) -> list[FloatArray]:
    with np.load(folder / yaml.safe_load((folder / "state.yaml").read_text())["average"]) as arrays:
        return [arrays[str(number)] for number in range(len(arrays.files))]


def last_weights(folder: Path) -> list[FloatArray]:
    """Kernel and bias of the classifier of the votes, which comes last, without averaging."""
    with h5py.File(folder / yaml.safe_load((folder / "state.yaml").read_text())["file"]) as file:
        dense = file["layers"]["dense_1"]["vars"]
        return [dense["0"][()], dense["1"][()]]


def averaged(folder: Path) -> bool:
    """The average has the shapes of the weights."""
    return [array.shape for array in average(folder)[-2:]] == [array.shape for array in last_weights(folder)]


def same(first: list[FloatArray], second: list[FloatArray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def kernels_apart(first: list[FloatArray], second: list[FloatArray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True) if a.ndim > 1)


def refusal(work: Callable[[], object]) -> str:
    try:
        work()
    except ConfigError as error:
        return str(error)
    return "nothing was refused"


if __name__ == "__main__":
    loaded = fer2013.load(FOLDER / "fer2013.csv")
    facts = {"run": first_run(loaded), "batches": batch_facts(loaded), "exports": export_facts()}
    (FOLDER / "facts.json").write_text(json.dumps(facts))
