#!/usr/bin/env python3
"""Measure what quality refuses, and what reading those faces would have been worth.

Frames of 640×480 are made of people_dev's portraits: small, dark, blurred, tilted, with a mask or sunglasses. For each
set: the share of faces found that are refused (quality below 0.5) and why; accuracy of those that are kept and of
those that are refused; and the share of all pictures that get a label with a confidence of 0.5 or more. The last line
is the least time of one face in ms, beside the network and the head in the same run.

    python benchmarks/quality.py PEOPLE_DEV [--detector yunet] [--every 4]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.cli import detectors
from fer_ros.cli.text import table
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating.people import WEARS, compose
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.vision import choosing, crop, quality

SURE = 0.5
#: Side of the face in frames of portraits, pixels.
USUAL = 150.0
#: What is done to portraits: arguments of compose, and the deviation of a blur in pixels of a 48-pixel face.
FRAMES: dict[str, tuple[dict[str, Any], float]] = {
    "portraits": ({}, 0.0),
    **{f"{side} pixels": ({"side": side}, 0.0) for side in (12, 16, 20, 24, 32)},
    **{f"{light:.0%} of the light": ({"light": light}, 0.0) for light in (0.1, 0.05, 0.03, 0.02, 0.01)},
    **{f"blurred by {blur:g}": ({}, float(blur)) for blur in (1, 1.5, 2, 3, 4)},
    **{f"tilted by {tilt}°": ({"tilt": tilt}, 0.0) for tilt in (30, 45)},
    **{f"with {what}": ({"wears": what}, 0.0) for what in WEARS},
}
Labelled = Iterator[tuple[ImageArray, str]]


def folder(path: Path, every: int) -> Labelled:
    """Pictures below a folder with their labels, every so many."""
    for file in sorted(path.rglob("*.[jp][pn]g"))[::every]:
        image = cv2.imread(str(file))
        if image is not None:
            yield np.asarray(image, np.uint8), file.parent.name


def made(pictures: Labelled, how: dict[str, Any], blur: float) -> Labelled:
    """Frames made of portraits."""
    for portrait, label in pictures:
        frame = compose(portrait, **{"side": USUAL, **how})
        if blur:
            frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), blur * USUAL / 48.0), np.uint8)
        yield frame, label


def row(name: str, recogniser: Recogniser, pictures: Labelled) -> tuple[Any, ...]:
    """The figures of one set."""
    found: list[tuple[bool, bool, float]] = []
    why: Counter[str] = Counter()
    count = 0
    for image, label in pictures:
        count += 1
        recogniser.reset()
        emotion = recogniser.process(Frame(image, 1)).primary
        if emotion is not None:
            found.append((emotion.quality < quality.ENOUGH, emotion.label == label, emotion.confidence))
            why[emotion.hindrance] += 1
    refused, right, sure = np.array(found or [(False, False, 0.0)]).T
    bad = refused > 0

    def share(values: Any) -> str:
        return f"{values.mean():.3f}" if len(values) else ""

    named = ", ".join(f"{kind} {number / len(found):.2f}" for kind, number in why.most_common() if kind)
    confident = float((~bad & (sure >= SURE)).sum()) / max(1, count)
    return name, count, len(found), share(bad), named, share(right[~bad]), share(right[bad]), f"{confident:.3f}"


def timed(call: Callable[[], Any], rounds: int = 2000) -> float:
    """The least time of one call, ms: what it costs where nothing else runs in between."""
    least = np.inf
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - began)
    return 1e3 * float(least)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--model", default="default", help="name of a model (default %(default)s)")
    parser.add_argument("--detector", default=choosing.AUTO, help="detector plugin (default %(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of all sets, every Nth picture")
    arguments = parser.parse_args()
    model = Model.open(Bundle.load(arguments.model))
    detector = detectors.make(choosing.resolve(arguments.detector), {})
    recogniser = Recogniser(model, detector)
    every, people = max(1, arguments.every), arguments.people
    rows = [row(n, recogniser, folder(people / n, every)) for n in ("kdef", "web/tight", "web/film", "studio")]
    for name, (how, blur) in FRAMES.items():
        rows.append(row(name, recogniser, made(folder(people / "portraits", every), how, blur)))
        print(name, flush=True)
    header = ("set", "pictures", "found", "refused", "as", "right, kept", "right, refused", "confident")
    print(table(header, rows, right=(1, 2, 3, 5, 6, 7)))
    portrait, _ = next(folder(people / "portraits", 1))
    frame = compose(portrait, USUAL)
    faces = detector.detect(frame)[:1]
    views = np.stack([crop.cut(frame, face.roi, detector.framing, quality.VIEW, face.eyes) for face in faces])
    crops = model.crops(frame, faces, detector.framing)
    maps = model.backbone.maps(crop.scale(crops, model.bundle.input))
    print(f"quality {timed(lambda: quality.assess(views, faces, detector.framing)):.3f} ms a face", end=", ")
    print(f"the head {timed(lambda: model.head.read(maps)):.3f}", end=", ")
    print(f"network and head {timed(lambda: model.classify(crops), 100):.3f}")


if __name__ == "__main__":
    main()
