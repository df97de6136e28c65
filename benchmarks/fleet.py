#!/usr/bin/env python3
"""What docs/fleet.md counts with: bytes of samples, embeddings and models, and seconds to embed and to train.

    python benchmarks/fleet.py [--samples 50] [--json]

All is done by the commands that a user gives, in an empty folder: the sample's face and the drawn one are recorded,
heads are taught on the drawn one and pushed into a folder, and a robot that has the general model pulls one. A shadow's
time is that of its own reading, in one thread, beside the model `default`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LABELS = ("angry", "happy", "neutral", "surprise")


def main() -> int:
    """Measure, print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=50, help="of each of four labels (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_HOME"] = f"{folder}/robot"
        rows = [*recorded(options.samples), *embedded(options.samples), *taught(Path(folder)), *shadowed()]
    if options.json:
        print(json.dumps({name: value for name, value, _ in rows}))
        return 0
    print("| | | |\n|---|---|---|")
    for name, value, unit in rows:
        print(f"| {name} | {value:,.4g} | {unit} |" if value < 10_000 else f"| {name} | {value:,.0f} | {unit} |")
    return 0


def fer(*words: str) -> Any:
    """What a command prints as JSON."""
    command = [sys.executable, "-m", "fer_ros.cli.main", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def recorded(samples: int) -> list[tuple[str, float, str]]:
    """Bytes of a sample in a bag, of a photographed face and of a drawn one."""
    fer("record", "--source", "sample", "--label", "happy", "--samples", str(samples), "--bag", "photo", "--json")
    for label in LABELS:
        drawn = ("--source", "face", "--set", f"sources.face.expression={label}")
        fer("record", *drawn, "--label", label, "--samples", str(samples), "--bag", "drawn", "--json")
    rows = []
    for bag, what in (("photo", "a photographed face, 640×480"), ("drawn", "a drawn face")):
        files = [file for file in Path(os.environ["FER_HOME"], "bags", bag).iterdir() if file.is_file()]
        count = samples * (len(LABELS) if bag == "drawn" else 1)
        rows.append((f"a sample in a bag: {what}", sum(f.stat().st_size for f in files) / count, "bytes"))
    return rows


def embedded(samples: int) -> list[tuple[str, float, str]]:
    """Bytes and seconds of an embedding, in this process and one thread."""
    from fer_ros.core import bags
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.recognition.recogniser import Model
    from fer_ros.core.vision import crop
    from fer_ros.plugins.detectors.blazeface import BlazeFaceDetector

    model = Model.open(Bundle.load("default"))
    stored = list(bags.stored(bags.bag_folder() / "photo"))
    began, size = time.process_time(), 0
    for one in stored:
        sample = bags.decoded(one, "photo", False)
        assert sample.roi is not None
        face = crop.cut(sample.image, sample.roi, BlazeFaceDetector.framing, model.bundle.input, sample.eyes)
        maps = model.backbone.maps(crop.scale(face[None], model.bundle.input))
        size = maps.embeddings.nbytes + maps.finer.nbytes
    seconds = (time.process_time() - began) / len(stored)
    assert len(stored) == samples
    return [
        ("embedding and finer map of a face", size, "bytes of float32"),
        ("read a sample and embed its face", 1e3 * seconds, "ms of one core"),
    ]


def taught(folder: Path) -> list[tuple[str, float, str]]:
    """Bytes of models that travel, and the seconds of trainings."""
    rows = []
    for head in ("auto", "linear"):
        began = time.monotonic()
        fer("train", "drawn", "--head", head, "--name", head, "--json")
        rows.append((f"train head {head} on {4} labels", time.monotonic() - began, "s"))
        pushed = fer("models", "--json", "push", head, f"{folder}/place/{head}")["model"]
        rows.append((f"a model with head {head}", pushed["bytes"], "bytes"))
    robot = os.environ["FER_HOME"]
    for head in ("auto", "linear"):
        os.environ["FER_HOME"] = f"{folder}/other-{head}"  # a robot that has the package alone
        pulled = fer("models", "--json", "pull", f"{folder}/place/{head}")["model"]
        rows.append((f"of it travels to a robot: head {head}", pulled["moved"], "bytes"))
    os.environ["FER_HOME"] = robot
    return rows


def shadowed() -> list[tuple[str, float, str]]:
    """Processor time of a frame for the model in use, and for a shadow with the same backbone and with another."""
    from fer_ros.core.base import registry
    from fer_ros.core.base.types import Frame
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.recognition.recogniser import Recogniser
    from fer_ros.core.recognition.shadow import Shadow

    source = registry.load("sources", "sample")()
    source.open()
    picture, rows = source.read(5.0).image, []
    for name in ("default", "small"):
        main = Recogniser(Bundle.load("default"), registry.load("detectors", "blazeface")())
        shadow = Shadow(Bundle.load(name), main, lambda found: None)
        other = shadow._make()
        taken: tuple[list[float], list[float]] = ([], [])  # its thread's own steps, done here one by one
        for number in range(1, 301):
            began = time.thread_time()
            result = main.process(Frame(picture, number * 33_333_333))
            taken[0].append(time.thread_time() - began)
            began = time.thread_time()
            shadow._read(other, result)
            taken[1].append(time.thread_time() - began)
        in_use, beside = (1e3 * statistics.median(times[20:]) for times in taken)
        if name == "default":
            rows.append(("a frame of one face: the model in use", in_use, "ms of one core"))
        what = "the same backbone" if shadow.last.shared else f"the backbone of {name}"
        rows.append((f"a shadow beside it with {what}", beside, "ms of one core"))
    return rows


if __name__ == "__main__":
    sys.exit(main())
