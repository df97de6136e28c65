#!/usr/bin/env python3
"""Teach the small network that tells a covered face, and write it to fer_ros/core/vision/covered.npz.

It learns from faces of FER2013's Training and from the even-numbered pictures of people_dev's `web`, half of them with
a mask, a scarf, a hand's shape, a sheet or sunglasses drawn over, of any size and shade. Portraits, kdef and the odd
pictures only measure it, see benchmarks/quality.py.

    python benchmarks/covered.py fer2013.npz PEOPLE_DEV --detector yunet
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.cli import detectors
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets import datasets
from fer_ros.core.training.fitting.perceptron import Examples, Perceptron, Schedule, glorot
from fer_ros.core.vision import choosing, crop, quality
from fer_ros.core.vision.degrade import Degradation, degrade

SIDE = 96
SPEC = InputSpec()
HIDDEN = 32
WORSE = Degradation(share=0.5)


def cloth(rng: np.random.Generator) -> ImageArray:
    """What a cover is made of: a shade that changes slowly, with a pattern, stripes or folds."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    shade = rng.uniform(15, 250) + rng.uniform(-60, 60) * x + rng.uniform(-90, 90) * y
    shade += rng.uniform(-80, 20) * (2.0 * x) ** 2
    if rng.random() < 0.3:
        angle, step = rng.uniform(0, np.pi), rng.uniform(6, 40)
        shade += rng.uniform(5, 40) * np.sin(step * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6))
    shade += cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)), (0, 0), rng.uniform(1, 6)) * rng.uniform(0, 60)
    return np.asarray(np.clip(shade, 0, 255), np.uint8)


def outline(rng: np.random.Generator) -> list[Any]:
    """Polygons of a cover, in sides of the crop from its centre, x to the right and y down."""
    kind = rng.random()
    if kind < 0.5:  # a mask: nose to chin
        top, bottom, wide = rng.uniform(-0.16, 0.1), rng.uniform(0.38, 0.58), rng.uniform(0.3, 0.46)
        side = top + rng.uniform(0.02, 0.14)
        points = [(-wide, side), (-wide / 2, top + 0.03), (0, top), (wide / 2, top + 0.03), (wide, side)]
        points += [(wide * 0.9, bottom - 0.22), (wide / 2, bottom - 0.04), (0, bottom), (-wide / 2, bottom - 0.04)]
        return [[*points, (-wide * 0.9, bottom - 0.22)]]
    if kind < 0.62:  # a scarf or a collar: all below a line
        left, right = rng.uniform(-0.05, 0.2, 2)
        return [[(-0.7, left), (0, (left + right) / 2 - 0.04), (0.7, right), (0.7, 0.7), (-0.7, 0.7)]]
    if kind < 0.82:  # sunglasses
        y, high, wide, gap = rng.uniform(-0.22, -0.1), rng.uniform(0.09, 0.15), rng.uniform(0.14, 0.2), 0.03
        polygons = []
        for sign in (-1, 1):
            at = [(0.0, -1), (0.6, -1), (1, -0.8), (1, 0), (0.75, 0.8), (0.4, 1), (0.1, 0.7)]
            polygons.append([(sign * (gap + 2 * wide * u), y + high * v) for u, v in at])
        return [*polygons, [(-gap * 2, y - high * 0.7), (gap * 2, y - high * 0.7), (0, y - high * 0.4)]]
    # A hand's, a phone's or a sheet's rough shape over the mouth or a good part of the face.
    angle, cx, cy = rng.uniform(0, np.pi), rng.uniform(-0.1, 0.1), rng.uniform(0.02, 0.3)
    long, short = rng.uniform(0.3, 0.6), rng.uniform(0.2, 0.32)
    turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    radii = rng.uniform(0.85, 1.1, 14)
    x, y = radii * long * np.cos(turns), radii * short * np.sin(turns)
    turned = (cx + x * np.cos(angle) - y * np.sin(angle), cy + x * np.sin(angle) + y * np.cos(angle))
    return [list(zip(*turned, strict=True))]


def covered(face: ImageArray, rng: np.random.Generator) -> ImageArray:
    """The face with something over it: uint8 (SIDE, SIDE)."""
    polygons = outline(rng)
    stencil: Any = np.zeros((SIDE, SIDE), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(stencil, [((np.array(polygon) + 0.5) * SIDE).astype(np.int32)], 255, cv2.LINE_AA)
    material: Any = cloth(rng)
    if len(polygons) > 1:
        material = (material * rng.uniform(0.05, 0.45)).astype(np.uint8)
    for _ in range(int(rng.integers(0, 5))):  # folds and straps
        y, bow = rng.uniform(0.45, 1.0), rng.uniform(-0.05, 0.08)
        line = np.array([(0.05, y), (0.5, y + bow), (0.95, y)]) * SIDE
        cv2.polylines(material, [line.astype(np.int32)], False, float(rng.uniform(0, 255)), 1, cv2.LINE_AA)
    share = (cv2.GaussianBlur(stencil, (0, 0), rng.uniform(0.4, 1.2)) / 255.0) * rng.uniform(0.93, 1.0)
    return np.asarray(face * (1.0 - share) + material * share, np.uint8)


def example(face: ImageArray, cover: bool, rng: np.random.Generator) -> ImageArray:
    """A crop as the network gets it, uint8 (48, 48, 1), moved and made worse a little."""
    face = np.asarray(cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    if cover:
        face = covered(face, rng)
    if rng.random() < 0.5:
        face = face[:, ::-1]
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.normal(0, 9), rng.uniform(0.9, 1.12))
    turn[:, 2] += rng.normal(0, 0.03 * SIDE, 2)
    face = np.asarray(cv2.warpAffine(face, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    small = crop.resize(face, SPEC)
    return np.asarray(degrade(small.astype(np.float32), rng, WORSE), np.uint8)


def faces(fer2013: Path, people: Path, detector: str, count: int, rng: np.random.Generator) -> list[ImageArray]:
    """Grey faces to learn from."""
    dataset = datasets.load(fer2013, True, "Training", False)
    chosen = set(rng.choice(len(dataset), min(count, len(dataset)), replace=False).tolist())
    found = [item.image for place, item in enumerate(dataset) if place in chosen and item.image is not None]
    finder = detectors.make(choosing.resolve(detector), {})
    for file in sorted((people / "web").rglob("*.[jp][pn]g"))[::2]:
        image = cv2.imread(str(file))
        finder.reset()
        for face in [] if image is None else finder.detect(np.asarray(image, np.uint8))[:1]:
            cut = crop.square(np.asarray(image, np.uint8), face.roi, finder.framing)
            grey = np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), np.uint8)
            found += [np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)] * 8
    return found


def main() -> None:
    """Read the arguments, teach, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("fer2013", type=Path, help="fer2013.csv or .npz")
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--detector", default=choosing.AUTO, help="detector plugin (default %(default)s)")
    parser.add_argument("--count", type=int, default=12000, help="faces of FER2013 (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--out", type=Path, default=quality.WEIGHTS, help="file (default %(default)s)")
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    known = faces(arguments.fer2013, arguments.people, arguments.detector, arguments.count, rng)
    crops = np.stack([example(face, cover, rng) for cover in (False, True) for face in known for _ in range(2)])
    targets = np.repeat([0, 1], len(crops) // 2)
    held = np.tile(np.repeat(np.arange(len(known)) % 10 == 0, 2), 2)
    x = quality.cover_input(crops)
    weights = np.ones(len(x), np.float32)

    def part(chosen: Any) -> Examples:
        return Examples(x[chosen], targets[chosen], weights[chosen])

    start = [(glorot(rng, a, b), np.zeros(b, np.float32)) for a, b in ((x.shape[1], HIDDEN), (HIDDEN, 2))]
    network = Perceptron(start)
    schedule = Schedule(arguments.epochs, 1e-3, 64, 4)
    history = network.fit(part(~held), part(held), schedule, rng, lambda row: print(row, flush=True))
    (first, bias), (second, last) = network.layers
    layers = {"first": first, "bias": bias, "second": second[:, 1] - second[:, 0], "last": last[1:] - last[:1]}
    np.savez(arguments.out, **{name: layer.astype(np.float16) for name, layer in layers.items()})
    best = min(history, key=lambda row: row["val_loss"])
    print(f"{best['val_accuracy']:.3f} of the faces held out are told right")


if __name__ == "__main__":
    main()
