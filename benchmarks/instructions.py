#!/usr/bin/env python3
"""Instructions that a frame takes, by library and function, counted by callgrind (a minute; needs valgrind).

    python benchmarks/instructions.py --model default --detector auto

Counts are the same however busy the machine is. What a frame takes is the difference between a long run and a short
one. Valgrind knows AVX2 and nothing newer: on a CPU with AVX-512 the network's part is really smaller.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from fer_ros.core.vision import choosing

#: Frames of the two runs, 30 a second: both are whole turns of what the detectors do twice a second or less often.
SHORT, LONG = 30, 90
SHOWN = 12

Counts = Counter[tuple[str, str]]


def watch(model: str, detector: str, frames: int) -> None:
    """What is counted: so many frames of the sample, read one after the other."""
    import cv2

    from fer_ros.core.base import registry
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.recognition.recogniser import Recogniser

    cv2.setNumThreads(1)
    plugin = registry.load("sources", "sample")
    source = plugin(plugin.Settings(fps=0.0))
    source.open()
    # Drawn before, as many in both runs, so that the difference is what the recogniser takes.
    # Stamped as by a camera, however slow valgrind is: detectors go by that.
    pictures = [replace(source.read(1.0), stamp=number * 1_000_000_000 // 30) for number in range(LONG)]
    recogniser = Recogniser(Bundle.load(model), registry.load("detectors", choosing.resolve(detector))())
    for frame in pictures[:frames]:
        recogniser.process(frame)


def counted(model: str, detector: str, frames: int) -> Counts:
    """Instructions of each function, (library, function) → count, in a run of so many frames."""
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, __file__, "--model", model, "--detector", detector, "--frames", str(frames)]
        # The interpreter of the ROS wheels starts itself once more, so children are followed.
        valgrind = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={folder}/%p"]
        done = subprocess.run([*valgrind, *program], capture_output=True, text=True, check=False)
        files = sorted(Path(folder).iterdir(), key=lambda file: file.stat().st_size)
        if done.returncode or not files:
            sys.exit(f"callgrind failed: {done.stderr[-500:]}")
        return read(files[-1])


def read(file: Path) -> Counts:
    """Costs of a callgrind file, of each function without those it calls (its format: valgrind's manual, chapter 6)."""
    names: dict[tuple[str, str], str] = {}
    counts: Counts = Counter()
    here = {"ob": "", "fn": ""}
    called = False
    for line in file.read_text(errors="replace").splitlines():
        if found := re.match(r"c?(ob|fn)=\((\d+)\)(?: (.*))?$", line):
            kind, number, name = found.groups()
            if name:
                names[kind, number] = name
            if not line.startswith("c"):
                here[kind] = names.get((kind, number), "?")
        elif line.startswith("calls="):
            called = True
        elif line[:1] in "+-*0123456789" and len(parts := line.split()) > 1:
            if not called:
                counts[Path(here["ob"]).name, here["fn"]] += int(parts[1])
            called = False
    return counts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="default", help="name of a model (default: %(default)s)")
    parser.add_argument("--detector", default=choosing.AUTO, help="name of a detector (default: %(default)s)")
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.frames:
        watch(given.model, given.detector, given.frames)
        return
    counts = counted(given.model, given.detector, LONG)
    counts.subtract(counted(given.model, given.detector, SHORT))
    total = sum(counts.values())
    print(f"{total / (LONG - SHORT) / 1e6:.1f} million instructions a frame")
    libraries: Counter[str] = Counter()
    for (library, _), count in counts.items():
        libraries[library] += count
    for table in (libraries, Counter({" ".join(names): count for names, count in counts.items()})):
        print()
        for name, count in table.most_common(SHOWN):
            print(f"{count / (LONG - SHORT) / 1e6:8.2f} M {100 * count / total:5.1f} %  {name}")


if __name__ == "__main__":
    main()
