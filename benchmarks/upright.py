#!/usr/bin/env python3
"""Measure what turning tilted faces upright by their eyes does for the accuracy.

Prints for each set of people_dev, and for portraits that are tilted, how many faces were found, and what share is right
as it is, and turned upright as `fer_ros.core.vision.crop` does it.

    python benchmarks/upright.py PEOPLE_DEV [--detector yunet] [--every 2]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from fer_ros.cli import detectors
from fer_ros.cli.text import table
from fer_ros.core.base.types import ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating.people import compose
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import choosing, crop

SETS = ("kdef", "portraits", "studio", "web/tight", "web/film")
TILTS = (10, 20, 30, 45)


def pictures(people: Path, name: str, every: int) -> Iterator[tuple[ImageArray, str]]:
    """The pictures of a set with their labels."""
    folder, _, tilt = name.partition(" tilted by ")
    for file in sorted((people / folder).rglob("*.[jp][pn]g"))[::every]:
        image = cv2.imread(str(file))
        if image is not None:
            picture = np.asarray(image, np.uint8)
            yield (compose(picture, 150.0, float(tilt.rstrip("°"))) if tilt else picture), file.parent.name


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--detector", default=choosing.AUTO, help="detector plugin (default %(default)s)")
    parser.add_argument("--model", default="default", help="name of a model (default %(default)s)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of all sets, every Nth picture")
    arguments = parser.parse_args()
    finder = detectors.make(choosing.resolve(arguments.detector), {})
    model = Model.open(Bundle.load(arguments.model))
    labels, spec = model.bundle.labels, model.bundle.input
    rows = []
    for name in (*SETS, *(f"portraits tilted by {tilt}°" for tilt in TILTS)):
        found, right = 0, [0, 0]
        for image, label in pictures(arguments.people, name, arguments.every):
            finder.reset()
            for face in finder.detect(image)[:1]:
                crops = [crop.cut(image, face.roi, finder.framing, spec, eyes) for eyes in (None, face.eyes)]
                answers = model.classify(np.stack(crops)).argmax(axis=1)
                found += 1
                right = [count + (labels[answer] == label) for count, answer in zip(right, answers, strict=True)]
        rows.append((name, found, *(f"{count / max(1, found):.3f}" for count in right)))
    header = ("set", "found", "as it is", "upright")
    print(table(header, rows, right=range(1, len(header))))


if __name__ == "__main__":
    main()
