#!/usr/bin/env python3
"""Measure how a detector's box lies on FER2013's face crops, and show that both are framed alike.

Models are trained on FER2013's crops, and the robot cuts its crops by its detector. Each training face is enlarged,
set into a canvas whose border repeats its edge, and searched; the medians of crop side over box side and of the shift
between the centres are the values for its ``framing``. Prints one line a figure, or JSON; draws sheets.

    python benchmarks/framing.py fer2013.npz --average docs/framing.png

The sheet of ``--average`` shows no person: only means over thousands of faces, and scikit-image's astronaut
photograph, which is in the public domain. The one of ``--picture`` shows single faces of FER2013, whose licence is
unclear: for your own eyes, not to be published.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.cli import detectors
from fer_ros.cli.assignments import assignments
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Face, ImageArray
from fer_ros.core.vision.crop import cut

SIDE = 192
PAD = 96
SPEC = InputSpec(48, 48, 1)
#: Frames for which each face is followed.
FOLLOWED = 5


def canvas(face: ImageArray) -> ImageArray:
    """A 48×48 crop enlarged to SIDE, in the middle of a canvas that repeats its edge."""
    large = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return cv2.copyMakeBorder(large, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE)


def search(detector: Detector, face: ImageArray) -> tuple[ImageArray, Face | None]:
    """The canvas of a face, and what the detector finds there on a first look."""
    image = canvas(face)
    detector.reset()
    found = detector.detect(image)
    return image, found[0] if found else None


def follow(detector: Detector, image: ImageArray, rng: np.random.Generator) -> tuple[Face, int, int] | None:
    """What it finds after following the face over some frames in which it trembles, and how far it lies off then."""
    found: list[Face] = []
    x = y = 0
    for _ in range(FOLLOWED):
        x, y = (int(v) for v in rng.integers(-3, 4, 2))
        found = detector.detect(np.roll(image, (y, x), (0, 1)))
    return (found[0], x, y) if found else None


def offset(face: Face, x: int = 0, y: int = 0) -> tuple[float, float, float]:
    """Crop side over box side, and the way from the box's centre to the crop's, in sides of the box."""
    side = float(max(face.roi.width, face.roi.height))
    cx, cy = face.roi.centre
    middle = PAD + SIDE / 2.0
    return SIDE / side, (middle + x - cx) / side, (middle + y - cy) / side


def measure(faces: ImageArray, detector: Detector) -> dict[str, Any]:
    """Medians and quartiles of the framing, on a first look and while the face is followed."""
    rng = np.random.default_rng(0)
    rows: dict[str, list[tuple[float, float, float]]] = {"first": [], "followed": []}
    for face in faces:
        image, found = search(detector, face)
        if found is None:
            continue
        rows["first"].append(offset(found))
        later = follow(detector, image, rng)
        if later is not None:
            rows["followed"].append(offset(*later))
    if not rows["followed"]:
        raise SystemExit("no face was found: is this FER2013?")
    result: dict[str, Any] = {"faces": len(faces), "detected": len(rows["first"]), "followed_on": len(rows["followed"])}
    for when, found_rows in rows.items():
        quartiles = np.percentile(np.array(found_rows), [50, 25, 75], axis=0).T
        result[when] = dict(zip(("scale", "dx", "dy"), quartiles.tolist(), strict=True))
    return result


def recut(faces: ImageArray, detector: Detector) -> tuple[list[ImageArray], list[ImageArray]]:
    """The faces that were found, and the same as the detector cuts them."""
    before, after = [], []
    for face in faces:
        image, found = search(detector, face)
        if found is not None:
            before.append(face)
            after.append(cut(image, found.roi, detector.framing, SPEC)[..., 0])
    return before, after


def astronaut(detector: Detector) -> tuple[ImageArray, ImageArray]:
    """The photograph with our box drawn, and the crop that the detector cuts from it."""
    import skimage.data

    image = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)
    detector.reset()
    face = detector.detect(image)[0]
    crop = cut(image, face.roi, detector.framing, SPEC)[..., 0]
    cx, cy, side = detector.framing.square(face.roi)
    drawn = image.copy()
    roi = face.roi
    cv2.rectangle(drawn, (roi.x, roi.y), (roi.x + roi.width, roi.y + roi.height), (0, 160, 255), 2)
    half = side / 2
    cv2.rectangle(drawn, (int(cx - half), int(cy - half)), (int(cx + half), int(cy + half)), (80, 220, 80), 2)
    return drawn[:288, 80:368], crop


def tile(image: ImageArray, title: str, side: int = 240) -> ImageArray:
    """An image at a common size with a line of text under it."""
    shown = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    if shown.ndim == 2:
        shown = cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR)
    shown = cv2.copyMakeBorder(shown, 6, 26, 6, 6, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    cv2.putText(shown, title, (8, side + 24), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return shown


def average_sheet(faces: ImageArray, detector: Detector) -> ImageArray:
    """Means only: FER2013's crops, the detector's crops of the same faces, their difference, and the astronaut."""
    before, after = recut(faces, detector)
    mean_before, mean_after = np.mean(before, axis=0), np.mean(after, axis=0)
    difference = np.clip(128 + mean_after - mean_before, 0, 255).astype(np.uint8)
    photograph, crop = astronaut(detector)
    return np.hstack(
        [
            tile(mean_before.astype(np.uint8), f"mean of {len(before)} FER2013 crops"),
            tile(mean_after.astype(np.uint8), "mean of the detector's crops"),
            tile(difference, "difference + 128"),
            tile(photograph, "box (orange), crop (green)"),
            tile(crop, "the detector's crop"),
        ]
    )


def single_sheet(faces: ImageArray, detector: Detector, columns: int = 12, rows: int = 4) -> ImageArray:
    """Single faces: a row of FER2013's crops above a row of the detector's crops of the same faces, and so on."""
    before, after = recut(faces[: 4 * columns * rows], detector)
    lines = []
    for row in range(min(rows, len(before) // columns)):
        for part in (before, after):
            line = np.hstack(part[row * columns : (row + 1) * columns])
            lines.append(cv2.resize(line, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    return np.vstack(lines)


def main() -> None:
    """Read the arguments, measure, print and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("npz", type=Path, help="FER2013 with arrays image (n, 48, 48) and usage (n)")
    parser.add_argument("--detector", default="auto", help="detector plugin (default %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the detector")
    parser.add_argument("--count", type=int, default=3000, help="training faces to measure (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--average", type=Path, metavar="PNG", help="draw means only; may be published")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw single faces; not to be published")
    arguments = parser.parse_args()
    try:
        with np.load(arguments.npz, allow_pickle=False) as data:
            training = data["image"][data["usage"] == "Training"]
    except (OSError, KeyError, ValueError) as error:
        raise SystemExit(f"{arguments.npz} cannot be read as FER2013 arrays: {error}") from error
    count = min(arguments.count, len(training))
    faces = training[np.random.default_rng(arguments.seed).choice(len(training), count, replace=False)]
    try:
        detector = detectors.make(arguments.detector, assignments(arguments.set))
        result = measure(faces, detector)
        if arguments.average:
            cv2.imwrite(str(arguments.average), average_sheet(faces, detector))
        if arguments.picture:
            cv2.imwrite(str(arguments.picture), single_sheet(faces, detector))
    except ConfigError as error:
        raise SystemExit(str(error)) from error
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{result['detected']} of {result['faces']} detected, {result['followed_on']} followed")
    for when in ("first", "followed"):
        for name, (median, low, high) in result[when].items():
            print(f"{when:8} {name:5} median {median:+.3f}, quartiles {low:+.3f} to {high:+.3f}")


if __name__ == "__main__":
    main()
