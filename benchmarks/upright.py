#!/usr/bin/env python3
"""Measure what turning tilted faces upright by their eyes does for the accuracy.

Prints for each set of people_dev, and for portraits that are tilted, how many faces were found, and what share is right
as it is, and turned upright as `fer_ros.core.vision.crop` does it.

    python benchmarks/upright.py PEOPLE_DEV [--detector yunet] [--every 2]

With --teach, a head is taught each person alone: on the tilted portraits of session A,
on crops that are not turned (as of bags without eyes) and on turned ones (as of bags with eyes). Read are those of
session B, turned as the robot turns them.

    python benchmarks/upright.py PEOPLE_DEV --teach FER2013
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from people import Classroom, Lesson, Picture, summary

from fer_ros.cli import detectors
from fer_ros.cli.text import table
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating.people import compose
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import choosing, crop

SETS = ("kdef", "portraits", "studio", "web/tight", "web/film")
TILTS = (10, 20, 30, 45)
#: Of session A while it is taught, and of session B while it is read.
LESSONS = ((0, 0), (0, 30), (30, 0), (30, 30), (45, 0), (45, 45))


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
    parser.add_argument("--teach", type=Path, metavar="FER2013", help="teach people; FER2013 for what the head keeps")
    parser.add_argument("--head", default="auto", help="with --teach (default %(default)s)")
    arguments = parser.parse_args()
    finder = detectors.make(choosing.resolve(arguments.detector), {})
    model = Model.open(Bundle.load(arguments.model))
    labels, spec = model.bundle.labels, model.bundle.input
    if arguments.teach:
        teach(arguments, finder, model)
        return
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


def teach(arguments: argparse.Namespace, finder: Detector, model: Model) -> None:
    """Teach people on portraits that are turned or not, and print what share of the others is read right."""
    classroom = Classroom(model.bundle, arguments.teach)
    rows = []
    for taught_at, read_at in LESSONS:
        found: list[tuple[str, str, str, ImageArray, ImageArray]] = []
        for file in sorted((arguments.people / "portraits").rglob("*.jpg")):
            person, session = file.stem.rsplit("_", 1)
            # Of one person's three labels, some are tilted to the left, some to the right.
            sign = 1 if zlib.crc32(file.stem.encode() + file.parent.name.encode()) % 2 else -1
            tilt = sign * (read_at if session == "B" else taught_at)
            image = compose(np.asarray(cv2.imread(str(file)), np.uint8), 150.0, float(tilt))
            finder.reset()
            for face in finder.detect(image)[:1]:
                crops = [
                    crop.cut(image, face.roi, finder.framing, model.bundle.input, eyes) for eyes in (None, face.eyes)
                ]
                found.append((file.parent.name, person, session, crops[0], crops[1]))
        row = []
        for turned in (False, True):
            pictures = [
                Picture(upright if turned or session == "B" else plain, label, person, session)
                for label, person, session, plain, upright in found
            ]
            lessons = []
            for person in sorted({picture.person for picture in pictures}):
                own = [i for i, picture in enumerate(pictures) if picture.person == person]
                days = [np.array([i for i in own if pictures[i].number == day], dtype=np.int64) for day in "AB"]
                if all(len(day) for day in days):
                    lessons.append(Lesson(days[0], days[1]))
            row.append(summary(classroom.score(arguments.head, pictures, lessons)))
        rows.append((f"{taught_at}°", f"{read_at}°", row[0]["pictures"], *(f"{one['accuracy']:.3f}" for one in row)))
        print(f"{rows[-1]}: done", file=sys.stderr)
    header = ("taught at", "read at", "read", "taught as it is", "taught upright")
    print(table(header, rows, right=range(2, len(header))))


if __name__ == "__main__":
    main()
