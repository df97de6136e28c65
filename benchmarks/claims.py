#!/usr/bin/env python3
"""Measure how often what a training claims of itself is true: its 95 % interval against pictures it never learned from.

    python benchmarks/claims.py PEOPLE FER2013 [--lessons 300] [--head auto]

PEOPLE is as for people.py. A lesson on KDEF is a random group of two to eight people. Of half of their expressions both
pictures are taught, of the others one, and the second one is the truth: cross-validation leaves out a picture of which
one more is taught, and so does the truth. A lesson on the studio is a random group of its people, some labels, and of
each label all pictures but one, which is the truth. Lessons share pictures, so they are no independent samples. The
truth itself is a share of some 17 pictures, known to 6 points or so, which counts against the claim.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from people import Classroom, Lesson, Picture, found

from fer_ros.core.base.types import ImageArray, Maps
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating import intervals
from fer_ros.core.training import faces

GROUP, LEAST = (2, 8), 2
Pairs = dict[tuple[str, str], list[int]]


class Remembering(Classroom):
    """Embeds each picture and each copy once."""

    def __init__(self, bundle: Bundle, strangers: Path) -> None:
        self._known: dict[bytes, tuple[Any, Any]] = {}
        super().__init__(bundle, strangers)

    def _embed(self, crops: ImageArray) -> Maps:
        names = [one.tobytes() for one in crops]
        new = [row for row, name in enumerate(names) if name not in self._known]
        if new:
            maps = faces.embed(self.backbone, crops[new], self.bundle.input)
            self._known |= {names[row]: (maps.embeddings[place], maps.finer[place]) for place, row in enumerate(new)}
        every = [self._known[name] for name in names]
        return Maps(np.stack([one for one, _ in every]), np.stack([other for _, other in every]))


def of_kdef(pairs: Pairs, rng: np.random.Generator) -> Lesson:
    """See the module."""
    people = sorted({person for person, _ in pairs})
    group = rng.permutation(people)[: int(rng.integers(GROUP[0], GROUP[1] + 1))]
    taught: list[int] = []
    read: list[int] = []
    for number, pair in enumerate(rng.permutation([key for key in sorted(pairs) if key[0] in group])):
        first, second = rng.permutation(pairs[pair[0], pair[1]])
        taught += [first]
        (taught if number % 2 else read).append(second)
    return Lesson(np.array(taught, dtype=np.int64), np.array(read, dtype=np.int64))


def of_studio(pairs: Pairs, rng: np.random.Generator) -> Lesson:
    """See the module."""
    people, labels = (sorted({key[part] for key in pairs}) for part in (0, 1))
    group = rng.permutation(people)[: int(rng.integers(1, len(people) + 1))]
    words = rng.permutation(labels)[: int(rng.integers(3, len(labels) + 1))]
    taught: list[int] = []
    read: list[int] = []
    for key in sorted(pairs):
        if key[0] in group and key[1] in words and len(pairs[key]) > LEAST:
            last, *others = rng.permutation(pairs[key])
            taught += others
            read.append(last)
    return Lesson(np.array(taught, dtype=np.int64), np.array(read, dtype=np.int64))


def held(room: Classroom, head: str, pictures: list[Picture], lesson: Lesson) -> dict[str, float] | None:
    """The claim and the truth; None where nothing is claimed, or there is no truth."""
    if not len(lesson.read) or len({pictures[i].label for i in lesson.taught}) < 2:
        return None
    taught, labels, claim, _ = room._taught(head, pictures, lesson)
    if claim is None or not 0.0 < claim[1] - claim[0] < 1.0:
        return None
    answers = taught.read(room._embed(np.stack([pictures[i].crop for i in lesson.read]))).argmax(axis=1)
    right = [labels[answer] == pictures[i].label for answer, i in zip(answers, lesson.read, strict=True)]
    low, high = math.floor(100 * claim[0]) / 100, math.ceil(100 * claim[1]) / 100
    return {"low": low, "high": high, "claim": claim[2], "right": sum(right), "count": len(right)}


def main() -> int:
    """Teach, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("fer2013", type=Path)
    parser.add_argument("--lessons", type=int, default=300, help="of KDEF; a third as many of the studio")
    parser.add_argument("--head", default="auto")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    bundle = Bundle.load("default")
    room = Remembering(bundle, args.fer2013)
    drawn: dict[str, tuple[Callable[[Pairs, np.random.Generator], Lesson], int]] = {
        "kdef": (of_kdef, args.lessons),
        "studio": (of_studio, args.lessons // 3),
    }
    out: dict[str, Any] = {}
    for kind, (draw, count) in drawn.items():
        pictures = found(args.people / kind, bundle.input)
        pairs: Pairs = defaultdict(list)
        for number, picture in enumerate(pictures):
            pairs[picture.person, picture.label].append(number)
        pairs = {key: own for key, own in pairs.items() if len(own) >= LEAST}
        rows = [held(room, args.head, pictures, draw(pairs, np.random.default_rng([1, n]))) for n in range(count)]
        out[kind] = summary([row for row in rows if row is not None])
        if not args.json:
            print(kind, text(out[kind]), flush=True)
    if args.json:
        print(json.dumps(out))
    return 0


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """The figures of one kind of lesson."""
    above = sum(row["right"] / row["count"] < row["low"] for row in rows)
    below = sum(row["right"] / row["count"] > row["high"] for row in rows)
    holds = len(rows) - above - below
    mean = {name: float(np.mean([row[name] for row in rows])) for name in ("claim", "low", "high", "count")}
    mean["truth"] = sum(row["right"] for row in rows) / sum(row["count"] for row in rows)
    return {
        "lessons": len(rows),
        "holds": holds / len(rows),
        "interval": intervals.exact(holds, len(rows)),
        "too_much": above,
        "too_little": below,
        **mean,
    }


def text(row: dict[str, Any]) -> str:
    """One line."""
    return (
        f"{row['holds']:.3f} [{row['interval'][0]:.2f}, {row['interval'][1]:.2f}] of {row['lessons']} claims hold; "
        f"{row['too_much']} claim too much, {row['too_little']} too little; claimed {row['claim']:.3f} "
        f"({row['low']:.2f} to {row['high']:.2f}), truth {row['truth']:.3f} on {row['count']:.0f} pictures each"
    )


if __name__ == "__main__":
    sys.exit(main())
