#!/usr/bin/env python3
"""Measure what share of real faces a detector finds, and what it takes for a face.

The pictures are those of people_dev (see its README): portraits, pictures from the web, film stills, things. Frames of
640×480 are made of the portraits: faces of 24 to 45 pixels, tilted by 45°, at 2 % of the light, with a mask drawn over.
Prints the share found at each score, with the score of the settings marked; --json prints one object.

    python benchmarks/found.py PEOPLE_DEV [--detector yunet] [--every 4]

Some pictures of things show people. Their numbers, looked up by eye, are in PEOPLE; what is found there counts neither
way, in all others it is a false alarm. Shares of things are of all 150.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.cli import detectors
from fer_ros.cli.assignments import assignments
from fer_ros.cli.text import table
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray
from fer_ros.core.evaluating.people import WEARS, compose
from fer_ros.core.vision import choosing

SCORES = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
#: Pictures of things in which people, or parts of them, can be seen.
PEOPLE = {0, 1, 2, 5, 7, 25, 29, 32, 33, 34, 36, 37, 46, 55, 61, 71, 75, 78, 79, 95, 96, 98, 128, 141}
#: Made of the portraits: side of the face in pixels, tilt in degrees, share of the light, what it wears.
FRAMES: dict[str, tuple[float, float, float, str]] = {
    "24 pixels": (24, 0, 1.0, ""),
    "32 pixels": (32, 0, 1.0, ""),
    "45 pixels": (45, 0, 1.0, ""),
    "tilted by 30°": (150, 30, 1.0, ""),
    "tilted by 45°": (150, 45, 1.0, ""),
    "2 % of the light": (150, 0, 0.02, ""),
    **{f"with {what}": (150, 0, 1.0, what) for what in WEARS},
}


def folder(path: Path) -> Iterator[ImageArray]:
    """The pictures below a folder."""
    for file in sorted(path.rglob("*.[jp][pn]g")):
        image = cv2.imread(str(file))
        if image is not None:
            yield np.asarray(image, dtype=np.uint8)


def sets(people: Path) -> dict[str, Callable[[], Iterator[ImageArray]]]:
    """Name → its pictures."""
    plain = {name: lambda name=name: folder(people / name) for name in ("web/film", "web/tight", "kdef", "studio")}

    def made(how: tuple[float, float, float, str]) -> Iterator[ImageArray]:
        return (compose(image, *how) for image in folder(people / "portraits"))

    frames = {name: lambda how=how: made(how) for name, how in FRAMES.items()}
    return {**plain, "portraits": lambda: folder(people / "portraits"), **frames}


def best_scores(detector: Detector, pictures: Iterator[ImageArray], every: int) -> tuple[list[float], float]:
    """The highest score in every so many pictures, 0 where nothing is found; and processor time a picture, ms."""
    found, spent = [], 0.0
    for index, image in enumerate(pictures):
        if index % every:
            continue
        began = time.process_time()
        detector.reset()
        found.append(max((face.score for face in detector.detect(image)), default=0.0))
        spent += time.process_time() - began
    return found, 1e3 * spent / max(1, len(found))


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--detector", default=choosing.AUTO, help="detector plugin (default %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the detector")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of all sets but things, every Nth picture")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if not (arguments.people / "things").is_dir():
        raise SystemExit(f"{arguments.people} is not people_dev: it has no folder 'things'")
    try:
        name = choosing.resolve(arguments.detector)
        given = assignments(arguments.set)
        shipped = detectors.make(name, given).settings
        low = {key: "0.3" for key in ("score", "keep") if hasattr(shipped, key)}
        detector = detectors.make(name, {**given, **low})
    except ConfigError as error:
        raise SystemExit(str(error)) from error
    limit = float(getattr(shipped, "score", 0.0))
    scores = sorted({*SCORES, limit} - {0.0})
    rows: list[tuple[Any, ...]] = []
    figures: dict[str, Any] = {"detector": name, "score": limit, "found": {}, "alarms": {}}
    for title, pictures in sets(arguments.people).items():
        values, spent = best_scores(detector, pictures(), max(1, arguments.every))
        shares = [float(np.mean([value >= score for value in values])) if values else 0.0 for score in scores]
        figures["found"][title] = {
            "count": len(values),
            "ms": spent,
            **dict(zip(map(str, scores), shares, strict=True)),
        }
        rows.append((title, len(values), *(f"{share:.3f}" for share in shares), f"{spent:.1f}"))
        print(f"{title}: done", file=sys.stderr)
    values, spent = best_scores(detector, folder(arguments.people / "things"), 1)
    alarms = [value for index, value in enumerate(values) if index not in PEOPLE]
    shares = [sum(value >= score for value in alarms) / max(1, len(values)) for score in scores]
    figures["alarms"] = {"count": len(values), **dict(zip(map(str, scores), shares, strict=True))}
    rows.append(("things: alarms", len(values), *(f"{share:.3f}" for share in shares), f"{spent:.1f}"))
    if arguments.json:
        print(json.dumps(figures))
        return
    header = ("set", "pictures", *(f"{score:.2f}{'*' * (score == limit)}" for score in scores), "ms")
    print(f"detector {name}; share found at each score, * the one of the settings\n")
    print(table(header, rows, right=range(1, len(header))))


if __name__ == "__main__":
    main()
