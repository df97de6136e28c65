#!/usr/bin/env python3
"""Measure the package `fer` (PyPI) on pictures of people: run it with the interpreter of an environment that has it.

Prints for each set the share of pictures with a face, what is right of those and of all, and the 95 % interval of the
last (exact, as in `fer eval`). The largest face counts. Labels are the names of the folders.

    peer/bin/python benchmarks/peer_people.py PEOPLE_DEV [--mtcnn] [--every 3]

How to make `peer`: benchmarks/README.md. --mtcnn also needs the package facenet-pytorch.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
from pathlib import Path

import cv2
import numpy as np

SETS = ("kdef", "portraits", "web/tight", "web/film", "studio")


def bound(hits: int, count: int, wanted: float) -> float:
    """The share at which ``hits`` or fewer of ``count`` have the wanted probability."""
    low, high = 0.0, 1.0
    for _ in range(50):
        p = (low + high) / 2.0
        logs = [math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) for k in range(hits + 1)]
        total = sum(math.exp(ways + k * math.log(p) + (count - k) * math.log1p(-p)) for k, ways in enumerate(logs))
        low, high = (p, high) if total > wanted else (low, p)
    return (low + high) / 2.0


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--mtcnn", action="store_true", help="find faces by MTCNN in place of Haar")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of all sets, every Nth picture")
    arguments = parser.parse_args()
    module = "fer.fer" if importlib.util.find_spec("fer.fer") else "fer"
    peer = importlib.import_module(module).FER(mtcnn=arguments.mtcnn)
    for name in SETS:
        count = faces = right = 0
        for file in sorted((arguments.people / name).rglob("*.[jp][pn]g"))[:: arguments.every]:
            image = cv2.imread(str(file))
            if image is None:
                continue
            count += 1
            found = peer.detect_emotions(np.asarray(image, np.uint8))
            if found:
                largest = max(found, key=lambda face: face["box"][2] * face["box"][3])
                faces += 1
                right += max(largest["emotions"], key=largest["emotions"].get) == file.parent.name
        low = bound(right - 1, count, 0.975) if right else 0.0
        high = bound(right, count, 0.025) if right < count else 1.0
        share = right / faces if faces else math.nan
        print(
            f"{name}: {count} pictures, found {faces / max(1, count):.3f}, right of those {share:.3f}, "
            f"right of all {right / max(1, count):.3f} ({low:.3f} to {high:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
