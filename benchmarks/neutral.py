#!/usr/bin/env python3
"""What a person's neutral face alone can correct in the general model: why there is no command for it.

The person's neutral embedding is subtracted, that of FER2013's neutral faces added. The general head is linear, so this
adds one number to each logit. PEOPLE is as in `people.py`. KDEF: neutral faces of session A, all of session B are read.

    python benchmarks/neutral.py PEOPLE FER2013
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import people

from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.training import faces
from fer_ros.core.training.options import Options
from fer_ros.core.vision import crop

NEUTRAL, GENERAL, SHARES = "neutral", 1500, (0.0, 0.25, 0.5, 0.75, 1.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("fer2013", type=Path)
    given = parser.parse_args()
    bundle = Bundle.load("default")
    backbone, head = bundle.open(threads=2)
    training = fer2013.load(given.fer2013).part(fer2013.TRAINING)
    neutral = [i for i, target in enumerate(training.targets) if training.labels[target] == NEUTRAL][:GENERAL]

    def logits(crops: list[np.ndarray]) -> np.ndarray:
        maps = faces.embed(backbone, np.stack(crops), bundle.input)
        return np.log(np.maximum(head.read(maps), 1e-12))

    usual = logits([crop.resize(training.images[i], bundle.input) for i in neutral]).mean(axis=0)
    pictures = people.found(given.people / "kdef", bundle.input)
    answers = logits([picture.crop for picture in pictures])
    truth = np.array([bundle.labels.index(picture.label) for picture in pictures])
    lessons = list(people.lessons_of("kdef", pictures))
    for copies in (0, 4):
        right = np.zeros((len(lessons), len(SHARES)), np.int64)
        for number, lesson in enumerate(lessons):
            own = [pictures[i].crop for i in lesson.taught if pictures[i].label == NEUTRAL]
            if copies and own:
                own += list(faces.altered(np.stack(own), Options(), copies))
            moved = usual - logits(own).mean(axis=0) if own else np.zeros(len(bundle.labels))
            for column, share in enumerate(SHARES):
                found = (answers[lesson.read] + share * moved).argmax(axis=1)
                right[number, column] = (found == truth[lesson.read]).sum()
        count = sum(len(lesson.read) for lesson in lessons)
        print(f"one neutral picture, {copies} altered copies of it")
        for column, share in enumerate(SHARES):
            share_right = right[:, column].sum() / count
            better, worse = (right[:, column] > right[:, 0]).sum(), (right[:, column] < right[:, 0]).sum()
            print(f"  moved by {share:.2f}: {share_right:.3f} of {count}, {better} better {worse} worse")


if __name__ == "__main__":
    main()
