#!/usr/bin/env python3
"""The 2023 paper's method on real people, beside ours: other pictures of the same people, taught and read alike.

Theirs: MobileNet v1 of width 0.25 with Keras' ImageNet weights, frozen, cut to 7x7x256; flatten, dense 200 with ReLU,
softmax; Adam 1e-4, 40 epochs, batches of 5 %, no altered copies; on the whole picture, as printed, or on the face as
our detector cuts it out. Ours: the heads of `people.py`. PEOPLE is as there, with portraits/ beside; WEIGHTS is Keras'
file mobilenet_2_5_224_tf_no_top.h5.

    python benchmarks/papers.py PEOPLE FER2013 WEIGHTS
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import people

from fer_ros.core.base.contracts import LabelledFaces, Task
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating import intervals
from fer_ros.core.pretraining import networks
from fer_ros.core.pretraining.recipe import named
from fer_ros.core.training.fitting import head_setup
from fer_ros.core.training.rows import in_order
from fer_ros.core.vision import crop
from fer_ros.plugins.backbones.mobilenet_v1 import MobileNetV1
from fer_ros.plugins.heads.dense import DenseHead

RECIPE = named("paper2023")
#: Name, folder of PEOPLE, kind of lesson of `people.py`, and whether the whole picture is taught, too.
SETS = (
    ("portraits", "portraits", "kdef", True),
    ("portraits in fives", "portraits", "kdef in fives", True),
    ("kdef", "kdef", "kdef", False),
    ("kdef in fives", "kdef", "kdef in fives", False),
    ("studio 2", "studio", "studio 2", True),
)
OURS = ("general", "dense", "ridge", "auto")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("fer2013", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--sets", nargs="+", default=[s[0] for s in SETS], help="default: %(default)s")
    parser.add_argument("--ours", nargs="*", default=list(OURS), help="default: %(default)s")
    given = parser.parse_args()
    bundle = Bundle.load("default")
    classroom = people.Classroom(bundle, given.fer2013)
    network = MobileNetV1.build(RECIPE.input, **MobileNetV1.presets[RECIPE.preset])
    network.set_weights(networks.imagenet(RECIPE, given.weights))
    maps: dict[tuple[str, str], FloatArray] = {}
    for name, folder, kind, whole in SETS:
        if name not in given.sets:
            continue
        pictures = people.found(given.people / folder, bundle.input)
        lessons = list(people.lessons_of(kind, pictures))
        for how in ("whole", "face") if whole else ("face",):
            if (folder, how) not in maps:
                crops = np.stack([picture.crop for picture in _seen(given.people / folder, how, pictures)])
                scaled = crop.scale(crops, RECIPE.input)
                maps[folder, how] = np.asarray(network.predict(scaled, batch_size=64, verbose=0), dtype=np.float32)
            score = as_printed(maps[folder, how], pictures, lessons, classroom)
            print(f"{name:18s} 2023, {how:6s} {text(score)}", flush=True)
        for head in given.ours:
            print(f"{name:18s} {head:12s} {text(classroom.score(head, pictures, lessons))}", flush=True)


def _seen(folder: Path, how: str, pictures: list[people.Picture]) -> list[people.Picture]:
    """The same pictures as the paper's network takes them: colour, 224 pixels, whole or the face alone."""
    if how == "face":
        return people.found(folder, RECIPE.input)
    files = [folder / p.label / f"{p.person}_{p.number}" for p in pictures]
    images = [cv2.imread(str(next(file.parent.glob(f"{file.name}.*")))) for file in files]
    return [
        replace(p, crop=crop.resize(i, RECIPE.input)) for p, i in zip(pictures, images, strict=True) if i is not None
    ]


def as_printed(
    maps: FloatArray, pictures: list[people.Picture], lessons: list[people.Lesson], classroom: people.Classroom
) -> people.Score:
    """Teach the paper's head and let it read."""
    score = people.Score()
    for lesson in lessons:
        labels = in_order({pictures[i].label for i in lesson.taught})
        head = head_setup.loaded(
            DenseHead.train(_task(maps[lesson.taught], [pictures[i].label for i in lesson.taught], labels, classroom)),
            "dense",
            labels,
            maps.shape[1:],
        )
        answers = head.predict(maps[lesson.read])
        right = [labels[best] == pictures[i].label for best, i in zip(answers.argmax(axis=1), lesson.read, strict=True)]
        score.counts.append((sum(right), 0, len(right)))
    return score


def _task(maps: FloatArray, words: list[str], labels: tuple[str, ...], classroom: people.Classroom) -> Task:
    count = len(words)
    training = LabelledFaces(
        embeddings=maps,
        targets=np.array([labels.index(word) for word in words], dtype=np.int64),
        weights=np.ones(count, np.float32),
        finer=np.empty((count, 0), np.float32),
        folds=np.full(count, -1),
        measured=np.zeros(count, dtype=bool),
        pictures=count,
    )
    return Task(
        labels=labels,
        training=training,
        validation=training.chosen(np.arange(0)),
        base=head_setup.general_model(classroom.bundle, classroom.general),
        settings=head_setup.settings_of("dense", {}),
        seed=1,
        progress=lambda epochs, row: None,
    )


def text(score: people.Score) -> str:
    """One line."""
    right, _, count = np.array(score.counts).sum(axis=0)
    low, high = intervals.exact(int(right), int(count))
    return f"{right / count:.3f} [{low:.2f}, {high:.2f}] of {count}"


if __name__ == "__main__":
    main()
