"""Write what Python computes, for the page's own tests to compare with: web/test/alone/numbers.json.

    python3 scripts/web_numbers.py

A test fails when the file is not what this writes.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.arrays import pack, packed
from fer_ros.core.base.contracts import GeneralModel, LabelledFaces, Task
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import Maps, Roi
from fer_ros.core.bundles.bundle import FINER_FILE
from fer_ros.core.training import cross
from fer_ros.core.training.fitting import ridge_fit
from fer_ros.core.training.fitting.perceptron import Examples, Perceptron, glorot
from fer_ros.core.training.split_parts import Origin
from fer_ros.core.vision import crop
from fer_ros.plugins.heads.dense import DenseHead
from fer_ros.plugins.heads.linear import LinearHead
from fer_ros.plugins.heads.ridge import RidgeHead

FILE = Path(__file__).resolve().parent.parent / "web" / "test" / "alone" / "numbers.json"
WIDTH, HEIGHT = 140, 120
FRAMING = Framing(1.155, 0.0, -0.09)
#: Shrunk by two and by three, by a broken number, over an edge, enlarged, outside.
BOXES = ((20, 20, 83, 83), (6, 10, 125, 125), (5, 12, 60, 58), (100, 90, 60, 60), (30, 30, 20, 20), (300, 300, 40, 40))
#: Of the same faces where they are known: level, tilted by less than is mended, tilted by much to each side.
EYES = (None, ((50, 50), (90, 52)), ((22, 30), (48, 44)), ((110, 118), (148, 100)), None, None)
GREY, COLOUR = InputSpec(), InputSpec(32, 32, 3, "minus_one_to_one")
PLACES, CHANNELS, FINER = 2, 4, 10
GENERAL = ("happy", "sad", "neutral")


def picture() -> Any:
    """uint8 (120, 140, 3) BGR, which the test draws, too."""
    y, x, c = np.mgrid[:HEIGHT, :WIDTH, :3]
    return ((x * x // 3 + 7 * y + 53 * (2 - c) + 9 * ((x * y) % 17)) % 256).astype(np.uint8)


def numbers() -> dict[str, Any]:
    """Everything, as it is written."""
    rng = np.random.default_rng(7)
    return {"crops": _crops(), "folds": _folds(), "ridge": [_ridge(rng, n) for n in (0, 1)], "dense": _dense(rng)}


def _crops() -> list[dict[str, Any]]:
    image = picture()
    out = []
    for box, eyes in zip(BOXES, EYES, strict=True):
        for spec in (GREY, COLOUR):
            found = crop.cut(image, Roi(*box), FRAMING, spec, eyes)
            scaled = {way: crop.scale(found[None], InputSpec(spec.width, spec.height, spec.channels, way))[0]
                      for way in ("standardize", "minus_one_to_one", "zero_to_one")}  # fmt: skip
            ends = {way: np.concatenate([a.reshape(-1)[:4], a.reshape(-1)[-4:]]).tolist() for way, a in scaled.items()}
            out.append({"box": box, "eyes": eyes, "spec": spec.to_dict(), "pixels": _bytes(found), "scaled": ends})
    return out


def _origin(number: int) -> Origin:
    """Two takes of two labels and single pictures of a third; or one take of each."""
    faces = 24
    labels = np.repeat([0, 1, 2], 8)
    takes = np.tile(np.repeat([1, 2], 4), 3) if number == 0 else np.ones(faces)
    if number == 0:
        takes[16:] = 0
    stamps = np.tile(np.arange(8) * 400, 3) * 1_000_000
    zero = np.zeros(faces)
    return Origin(*(np.asarray(column, dtype=np.int64) for column in (labels, zero, takes, stamps, zero)))


def _folds() -> list[dict[str, Any]]:
    out = []
    for number in (0, 1):
        origin = _origin(number)
        found = cross.folds(origin, 0.5)
        out.append(
            {
                "labels": origin.labels.tolist(),
                "takes": origin.takes.tolist(),
                "stamps": (origin.stamps // 1_000_000).tolist(),
                "numbers": found.numbers.tolist(),
                "measured": (found.measured & found.enough).tolist(),
            }
        )
    return out


def _ridge(rng: np.random.Generator, number: int) -> dict[str, Any]:
    """Some of the general model's labels and a new one; or just its labels."""
    labels = ("happy", "sad", "winking") if number == 0 else GENERAL
    origin = _origin(number)
    folds = cross.folds(origin, 0.5)
    faces, targets = len(origin), origin.labels
    pictures = faces // 4 if number == 0 else faces  # the others stand for copies, which count less
    middles = rng.normal(size=(3, PLACES * CHANNELS + FINER))
    values = (middles[targets] + rng.normal(size=(faces, middles.shape[1]))).astype(np.float32)
    maps = Maps(values[:, : PLACES * CHANNELS].reshape(faces, 1, PLACES, CHANNELS), values[:, PLACES * CHANNELS :])
    general = {"kernel": rng.normal(size=(CHANNELS, 3)), "bias": rng.normal(size=3)}
    usual = {"mean": rng.normal(size=FINER) * 0.1, "scale": 1.0 + rng.random(FINER)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / FINER_FILE).write_bytes(pack(**usual))
        (path / "linear.npz").write_bytes(pack(**general))
        head = LinearHead(path / "linear.npz", GENERAL, (1, PLACES, CHANNELS))
        base = GeneralModel("general", path, GENERAL, head, "linear", "linear.npz")
        samples = LabelledFaces(
            embeddings=maps.embeddings,
            targets=targets,
            weights=np.ones(faces, np.float32),
            finer=maps.finer,
            folds=folds.numbers,
            measured=folds.measured & folds.enough & (np.arange(faces) < pictures),
            pictures=pictures,
        )
        task = Task(labels, samples, samples.chosen(np.arange(0)), base, None, 1, lambda epochs, row: None)
        trained = ridge_fit.train(task)
        (path / "ridge.npz").write_bytes(trained.content)
        ridge = RidgeHead(path / "ridge.npz", trained.labels, (1, PLACES, CHANNELS))
        answers = {"ridge": ridge.read(maps), "linear": head.read(maps)}
    return {
        "labels": labels,
        "pictures": pictures,
        "all": trained.labels,
        "embeddings": _floats(maps.embeddings),
        "finer": _floats(maps.finer),
        "general": _file(general),
        "usual": _file(usual),
        "head": base64.b64encode(trained.content).decode(),
        "heldOut": _floats(trained.held_out),
        "answers": {name: _floats(values) for name, values in answers.items()},
    }


def _dense(rng: np.random.Generator) -> dict[str, Any]:
    """Three steps of Adam."""
    inputs, hidden, outputs, faces = 12, 5, 3, 8
    x = np.maximum(rng.normal(size=(faces, inputs)), 0.0).astype(np.float32)
    sizes = ((inputs, hidden), (hidden, outputs))
    start: list[Any] = [(glorot(rng, *size), np.zeros(size[1], np.float32)) for size in sizes]
    network = Perceptron(start)
    batch = Examples(x, np.arange(faces) % outputs, np.ones(faces, np.float32))
    losses = [network.step(batch, 0.01)[0] for _ in range(3)]
    after = _layers(network.layers)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dense.npz"
        file.write_bytes(pack(**after))
        answers = DenseHead(file, ("a", "b", "c"), (1, 3, 4)).predict(x.reshape(faces, 1, 3, 4))
    return {
        "x": _floats(x),
        "start": _file(_layers(start)),
        "after": _file(after),
        "losses": losses,
        "answers": _floats(answers),
    }


def _layers(layers: Any) -> dict[str, Any]:
    (kernel1, bias1), (kernel2, bias2) = layers
    return {"kernel1": kernel1, "bias1": bias1, "kernel2": kernel2, "bias2": bias2}


def _file(arrays: dict[str, Any]) -> str:
    return base64.b64encode(pack(**arrays)).decode()


def _bytes(array: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _floats(array: Any) -> str:
    return _bytes(np.asarray(array, np.float32))


def differences(found: Any, kept: Any, place: str = "") -> list[str]:
    """Where two such trees differ; the last digits of sums, which hang on the machine, are left aside."""
    if isinstance(kept, dict) and isinstance(found, dict) and set(found) == set(kept):
        return [line for key in kept for line in differences(found[key], kept[key], f"{place}.{key}")]
    if isinstance(kept, list) and isinstance(found, (list, tuple)) and len(found) == len(kept):
        return [line for n, one in enumerate(kept) for line in differences(found[n], one, f"{place}[{n}]")]
    if isinstance(kept, str) and isinstance(found, str) and len(found) == len(kept) > 16:
        return [] if found == kept or _alike(base64.b64decode(found), base64.b64decode(kept), place) else [place]
    same = abs(found - kept) < 1e-4 if isinstance(kept, float) else found == kept
    return [] if same else [place]


def _alike(found: bytes, kept: bytes, place: str) -> bool:
    if found[:2] == kept[:2] == b"PK":
        arrays, others = packed(found), packed(kept)
        return set(arrays) == set(others) and all(np.allclose(arrays[n], others[n], atol=1e-4) for n in arrays)
    if place.endswith(".pixels"):  # OpenCV's versions round differently
        levels, wanted = (np.frombuffer(data, np.uint8).astype(int) for data in (found, kept))
        return bool(np.abs(levels - wanted).max() <= 1)
    one, two = (np.frombuffer(data, np.float32) for data in (found, kept))
    return bool(np.allclose(one, two, atol=1e-4, equal_nan=True))


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(numbers(), indent=1) + "\n", encoding="utf-8")
    print(f"{FILE}: {FILE.stat().st_size / 1e3:.0f} kB")
