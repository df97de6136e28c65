#!/usr/bin/env python3
"""Measure how well heads learn real people: other pictures of the same people, and strangers before and after.

PEOPLE holds kdef/<label>/<person>_<session>.jpg and studio/<label>/<person>_<picture>.png. Taught is on KDEF's session
A and read session B: person by person, in groups of five, and two or five labels of each person alone. Of the studio,
one, two and three pictures a label of each person are taught, in turns, and the others read. Strangers are of FER2013.

    python benchmarks/people.py PEOPLE FER2013 --plot docs/people.png
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import people_chart

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Head, LabelledFaces, Task
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, ImageArray, Maps
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.evaluating import calibration, intervals
from fer_ros.core.training import cross, faces
from fer_ros.core.training.fitting import head_setup
from fer_ros.core.training.options import Options
from fer_ros.core.training.rows import in_order
from fer_ros.core.training.split_parts import Origin
from fer_ros.core.vision import crop

HEADS = ("general", "prototype", "linear", "dense", "ridge", "auto")
SOME = {"kdef two labels": 2, "kdef five labels": 5}
KINDS = ("kdef", "kdef in fives", *SOME, "studio 1", "studio 2", "studio 3")
STRANGERS, GROUP, TURNS = 500, 5, 3
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Picture:
    """A face that was found."""

    crop: ImageArray
    label: str
    person: str
    number: str


class Lesson(NamedTuple):
    """Positions of the pictures to teach and of those to read."""

    taught: Indices
    read: Indices


@dataclass(slots=True)
class Score:
    """What came of the lessons of one kind by one head.

    :ivar counts: right, right by the general model, all.
    :ivar others: the same of faces whose label was not taught.
    """

    counts: list[tuple[int, int, int]] = field(default_factory=list)
    others: list[tuple[int, int, int]] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)
    claims: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)
    kept: int = 0


def main() -> None:
    """Measure, print, and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("fer2013", type=Path)
    parser.add_argument("--heads", nargs="+", default=list(HEADS), help="default: %(default)s")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--model", default="default", help="the general model (default: %(default)s)")
    parser.add_argument("--plot", type=Path, help="write a chart")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    bundle = Bundle.load(given.model)
    classroom = Classroom(bundle, given.fer2013)
    rows: dict[str, dict[str, Any]] = {kind: {} for kind in given.kinds}
    for kind, row in rows.items():
        pictures = found(given.people / kind.split()[0], bundle.input)
        lessons = list(lessons_of(kind, pictures))
        for head in given.heads:
            row[head] = summary(classroom.score(head, pictures, lessons))
            if not given.json:
                print(f"{kind:14s} {head:10s} {text(row[head])}", flush=True)
    before = {"strangers before": classroom.before}
    print(json.dumps({**before, "kinds": rows}) if given.json else before)
    if given.plot:
        people_chart.plot(rows, given.plot)


@functools.cache
def found(folder: Path, spec: InputSpec) -> list[Picture]:
    """The faces of a folder, cut as the robot cuts them; pictures without a face are left out."""
    finder = registry.load("detectors", "haar")()
    out = []
    for file in sorted(folder.glob("*/*")):
        image = cv2.imread(str(file))
        finder.reset()
        boxes = finder.detect(image) if image is not None else []
        if boxes:
            person, number = file.stem.rsplit("_", 1)
            out.append(Picture(crop.cut(image, boxes[0].roi, finder.framing, spec), file.parent.name, person, number))
    return out


def lessons_of(kind: str, pictures: list[Picture]) -> Iterator[Lesson]:
    """Who is taught what together."""
    people = sorted({picture.person for picture in pictures})
    if kind.startswith("kdef"):
        size = GROUP if kind == "kdef in fives" else 1
        for start in range(0, len(people), size):
            group = people[start : start + size]
            own = [i for i, picture in enumerate(pictures) if picture.person in group]
            first, second = (np.array([i for i in own if pictures[i].number == day], dtype=np.int64) for day in "AB")
            if kind in SOME:
                words = list(itertools.combinations(in_order({pictures[i].label for i in first}), SOME[kind]))
                first = np.array([i for i in first if pictures[i].label in words[start % len(words)]], dtype=np.int64)
            yield Lesson(first, second)
        return
    several = int(kind.split()[1])
    for person in people:
        for turn in range(TURNS):
            taught: list[int] = []
            read: list[int] = []
            by_label = defaultdict(list)
            for i, picture in enumerate(pictures):
                if picture.person == person:
                    by_label[picture.label].append(i)
            for own in by_label.values():
                turned = own[turn:] + own[:turn]
                taught += turned[:several]
                read += turned[several:]
            if read:
                yield Lesson(np.array(taught, dtype=np.int64), np.array(read, dtype=np.int64))


class Classroom:
    """Teaches heads as `fer train` does, and lets them read."""

    def __init__(self, bundle: Bundle, strangers: Path) -> None:
        self.bundle = bundle
        self.backbone, self.general = bundle.open(threads=2)
        test = fer2013.load(strangers, False).part(fer2013.PUBLIC_TEST)
        chosen = np.linspace(0, len(test) - 1, STRANGERS).astype(np.int64)
        crops = np.stack([crop.resize(image, bundle.input) for image in test.images[chosen]])
        self.strangers, self.truth = self._embed(crops), [test.labels[t] for t in test.targets[chosen]]
        self._maps: tuple[list[Picture], Maps] = ([], self.strangers)
        self.before = float(_right(self.general.read(self.strangers), bundle.labels, self.truth).mean())

    def score(self, name: str, pictures: list[Picture], lessons: list[Lesson]) -> Score:
        """Teach and read."""
        score = Score()
        if self._maps[0] is not pictures:
            self._maps = pictures, self._embed(np.stack([picture.crop for picture in pictures]))
        maps = self._maps[1]
        for lesson in lessons:
            truth = [pictures[i].label for i in lesson.read]
            before = _right(self.general.read(maps.chosen(lesson.read)), self.bundle.labels, truth)
            if name == "general":
                head, labels, claim = self.general, self.bundle.labels, None
            else:
                head, labels, claim, kept = self._taught(name, pictures, lesson)
                score.kept += kept
            answers = head.read(maps.chosen(lesson.read))
            right = _right(answers, labels, truth)
            score.counts.append((int(right.sum()), int(before.sum()), len(truth)))
            words = {pictures[i].label for i in lesson.taught}
            other = np.array([word not in words for word in truth])
            score.others.append((int(right[other].sum()), int(before[other].sum()), int(other.sum())))
            score.sure += answers.max(axis=1).tolist()
            score.hits += right.tolist()
            if claim is not None:
                low, high = (math.floor(100 * claim[0]) / 100, math.ceil(100 * claim[1]) / 100)
                score.claims.append(claim[2])
                score.held.append(low <= right.mean() <= high)
            score.strangers.append(float(_right(head.read(self.strangers), labels, self.truth).mean()))
        return score

    def _taught(
        self, name: str, pictures: list[Picture], lesson: Lesson
    ) -> tuple[Head, tuple[str, ...], tuple[float, float, float] | None, bool]:
        """The head, its labels, what it claims (lower and upper bound, accuracy), and if the general one was kept."""
        plugin: type[Head] = registry.load("heads", name)
        labels = in_order({pictures[i].label for i in lesson.taught})
        targets = np.array([labels.index(pictures[i].label) for i in lesson.taught], dtype=np.int64)
        count, none = len(targets), np.zeros(len(targets), np.int64)
        people = sorted({pictures[i].person for i in lesson.taught})
        subjects = np.array([people.index(pictures[i].person) for i in lesson.taught], dtype=np.int64)
        folds = cross.folds(Origin(targets, none, none, np.arange(count), subjects), 0.5)
        options = Options()
        copies = options.copies_of(count, plugin.crosses)
        crops = np.stack([pictures[i].crop for i in lesson.taught])
        if copies:
            crops = np.concatenate([crops, faces.altered(crops, options, copies)])
        maps, rows = self._embed(crops), count * (1 + copies)
        measured = np.zeros(rows, dtype=bool)
        measured[:count] = folds.measured & folds.enough
        training = LabelledFaces(
            embeddings=maps.embeddings,
            targets=np.tile(targets, 1 + copies),
            weights=np.ones(rows, np.float32),
            finer=maps.finer,
            folds=np.tile(folds.numbers, 1 + copies),
            measured=measured,
            pictures=count,
        )
        task = Task(
            labels=labels,
            training=training,
            validation=training.chosen(np.arange(0)),
            base=head_setup.general_model(self.bundle, self.general),
            settings=head_setup.settings_of(name, {}),
            seed=1,
            progress=lambda epochs, row: None,
        )
        trained = plugin.train(task)
        labels = trained.labels or labels
        head = head_setup.loaded(trained, trained.plugin or name, labels, self.backbone.output_shape)
        claim = None
        if trained.held_out is not None:
            known = np.flatnonzero(np.isfinite(trained.held_out).all(axis=1))
            hits = np.array([labels[i] for i in trained.held_out[known].argmax(axis=1)]) == np.array(
                [pictures[lesson.taught[i]].label for i in known]
            )
            low, high = intervals.cross_validated(float(hits.mean()), len(known), folds.taught)
            claim = (low, high, float(hits.mean()))
        return head, labels, claim, trained.facts.get("chosen") == "general"

    def _embed(self, crops: ImageArray) -> Maps:
        return faces.embed(self.backbone, crops, self.bundle.input)


def _right(answers: FloatArray, labels: tuple[str, ...], truth: list[str]) -> npt.NDArray[np.bool_]:
    return np.array([labels[best] for best in answers.argmax(axis=1)]) == np.array(truth)


def summary(score: Score) -> dict[str, Any]:
    """The figures of one head on one kind of lesson."""
    right, general, count = np.array(score.counts).T
    others = np.array(score.others).sum(axis=0)
    hits, sure = np.array(score.hits), np.array(score.sure, np.float32)
    bins = np.minimum((sure * calibration.BINS).astype(np.int64), calibration.BINS - 1)
    error = np.abs(np.bincount(bins, hits - sure, calibration.BINS)).sum() / len(hits)
    return {
        "accuracy": float(right.sum() / count.sum()),
        "interval": intervals.exact(int(right.sum()), int(count.sum())),
        "pictures": int(count.sum()),
        "lessons": len(count),
        "others": [float(value) for value in others[:2] / max(others[2], 1)],
        "others_pictures": int(others[2]),
        "calibration_error": float(error),
        "confidence": float(sure.mean()),
        "better": int((right > general).sum()),
        "same": int((right == general).sum()),
        "worse": int((right < general).sum()),
        "worse_by_two": int((right < general - 1).sum()),
        "claim": float(np.mean(score.claims)) if score.claims else None,
        "claim_holds": float(np.mean(score.held)) if score.held else None,
        "strangers": float(np.mean(score.strangers)),
        "strangers_least": float(np.min(score.strangers)),
        "general_kept": score.kept,
    }


def text(row: dict[str, Any]) -> str:
    """One line."""
    claim = "claims nothing" if row["claim"] is None else f"claims {row['claim']:.2f}, holds {row['claim_holds']:.0%}"
    against = f"{row['better']} better {row['same']} same {row['worse']} worse ({row['worse_by_two']} by two or more)"
    return (
        f"{row['accuracy']:.3f} [{row['interval'][0]:.2f}, {row['interval'][1]:.2f}] of {row['pictures']}, "
        f"calibration error {row['calibration_error']:.3f}, sure {row['confidence']:.2f}, {against}, {claim}, "
        f"labels not taught {row['others'][0]:.3f}, before {row['others'][1]:.3f} (of {row['others_pictures']}), "
        f"strangers {row['strangers']:.3f} (least {row['strangers_least']:.3f}), general kept {row['general_kept']}"
    )


if __name__ == "__main__":
    main()
