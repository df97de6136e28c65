#!/usr/bin/env python3
"""Teach the drawn face in takes of three seconds, then ask for frames that come later: what is right, and what it took.

For each trial another moment of the drawn face's wanderings: 100 frames of each of the seven expressions go into a bag,
one take each; a head is trained on it as ``fer train`` would; then, some ten seconds later, 40 frames of each
expression are read by the new model. No ROS, no clock: frames are drawn by number, as at 30 frames/s.

    python benchmarks/fresh_frames.py --copies 0 1 --trials 4
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.core import bags
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Frame
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.training.run import train
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

SAMPLES, FRESH = 100, 40
#: Frames left out after a change of expression: the face takes 0.15 s for it, and a person some time to react.
TRANSITION = 10
PERIOD = 33_333_333


class Subject:
    """The drawn face from a frame's number on."""

    def __init__(self, first: int) -> None:
        self._source, self._index = FaceSource(FaceSettings()), first
        self._source.open()

    def show(self, expression: str) -> Frame:
        """The next frame."""
        self._index += 1
        image = self._source.picture(self._index, replace(self._source.settings, expression=expression))
        return Frame(image, self._index * PERIOD)

    def wait(self, frames: int) -> None:
        """Let time pass."""
        self._index += frames


def record(subject: Subject, folder: Path) -> None:
    """One take of each expression."""
    detector = HaarDetector()
    with bags.BagWriter(folder, {"camera": "face", "detector": "haar"}) as writer:
        for label in DEFAULT_LABELS:
            for _ in range(TRANSITION):
                detector.detect(subject.show(label).image)
            writer.begin_take(label, "drawn")
            count = 0
            while count < SAMPLES:
                frame = subject.show(label)
                faces = detector.detect(frame.image)
                if faces:
                    writer.write(frame.stamp, cv2.imencode(".jpg", frame.image)[1].tobytes(), faces[0].roi)
                    count += 1


def recognised(subject: Subject, bundle: Bundle) -> dict[str, float]:
    """Share of the fresh frames of each expression that were read as it; a frame without a face counts as wrong."""
    recogniser = Recogniser(bundle, HaarDetector())
    right = {}
    for label in DEFAULT_LABELS:
        for _ in range(TRANSITION):
            recogniser.process(subject.show(label))
        answers = [recogniser.process(subject.show(label)).emotions for _ in range(FRESH)]
        right[label] = sum(bool(faces) and faces[0].label == label for faces in answers) / FRESH
    return right


def trial(number: int, copies: list[int], general: Bundle) -> list[dict[str, Any]]:
    """One bag, and a head for each number of copies."""
    rng = np.random.default_rng(number)
    first, pause = int(rng.integers(60, 300)), int(rng.integers(150, 400))
    rows = []
    with tempfile.TemporaryDirectory(prefix="fer_fresh_") as home:
        os.environ["FER_HOME"] = home
        bag = Path(home) / "bags" / "drawn"
        shutil.copytree(general.path, Path(home) / "models" / "general")
        subject = Subject(first)
        record(subject, bag)
        for count in copies:
            began = time.perf_counter()
            outcome = train(Request((bag,), Options(base="general", copies=count)))
            seconds = time.perf_counter() - began
            later = Subject(0)
            later.wait(first + 8 * (SAMPLES + TRANSITION) + pause)
            right = recognised(later, Bundle.load(outcome.model))
            rows.append(
                {
                    "trial": number,
                    "copies": count,
                    "held_out": outcome.metrics.accuracy,
                    "fresh": float(np.mean(list(right.values()))),
                    "per_label": right,
                    "seconds": seconds,
                    "phases": outcome.phases,
                }
            )
    return rows


def main() -> int:
    """Print a line a training, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, nargs="+", default=[0, 1], help="altered copies of each face")
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--model", default="default", help="the general model, by name or folder")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    model = Bundle.load(Path(args.model) if Path(args.model).is_dir() else args.model)
    rows = [row for number in range(1, args.trials + 1) for row in trial(number, args.copies, model)]
    if args.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        worst = min(row["per_label"], key=row["per_label"].get)
        print(
            f"trial {row['trial']}  copies {row['copies']}  held out {row['held_out']:.3f}  fresh {row['fresh']:.3f}"
            f"  worst {worst} {row['per_label'][worst]:.2f}  {row['seconds']:.1f} s"
        )
    for count in args.copies:
        fresh = [row["fresh"] for row in rows if row["copies"] == count]
        print(f"copies {count}: fresh frames right {np.mean(fresh):.3f} (lowest {min(fresh):.3f})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
