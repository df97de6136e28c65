#!/usr/bin/env python3
"""Measure how often `people: auto` names the right one, a wrong one or nobody, and what each person's own head gains.

PEOPLE is as in `people.py`. KDEF's people are taught in groups of five by one picture a label of session A and read in
session B, as single pictures and as one face that shows all its labels. The other people of their half, whom nobody
taught, are strangers from the same studio: the hardest there are. The threshold is chosen on one half of the people,
where it names 1 of 100 pictures of strangers, and measured on the other; all figures but that one are of that half.

    python benchmarks/identity.py PEOPLE FER2013
    python benchmarks/identity.py PEOPLE FER2013 --write    # makes fer_ros/core/vision/identity.npz first
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from people import Picture, found

from fer_ros.core.bags import BagWriter
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.evaluating.people import compose
from fer_ros.core.recognition import naming
from fer_ros.core.recognition.naming import NOBODY, Known, Naming
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.training import run
from fer_ros.core.training.fitting.ridge_data import known
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.vision import crop, identity

#: Naming asks no head.
NO_HEAD: Any = None
GROUP, DRAWS, ALLOWED, STRANGERS, FACES = 5, 2, 0.01, 200, 8000
#: Frames of portraits as another camera may see them: side of the face in pixels, tilt in degrees, share of the light.
VIEWS = {"as taught": (160.0, 0.0, 1.0), "48 pixels": (48.0, 0.0, 1.0), "tilted by 12 degrees": (160.0, 12.0, 1.0)}
VIEWS |= {"a third of the light": (160.0, 0.0, 0.33)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("fer2013", type=Path)
    parser.add_argument("--write", action="store_true", help="learn anew in which directions faces differ")
    given = parser.parse_args()
    bundle = Bundle.load("default")
    if given.write:
        write(given.fer2013, bundle)
    pictures = found(given.people / "kdef", bundle.input)
    everybody = sorted({picture.person for picture in pictures})
    print(f"threshold by half of the people {chosen(pictures, everybody[::2]):.3f}, in use {naming.SURE}", flush=True)
    test = fer2013.load(given.fer2013, False).part(fer2013.PUBLIC_TEST)
    rows = np.linspace(0, len(test) - 1, STRANGERS).astype(np.int64)
    others = [crop.resize(test.images[row], bundle.input) for row in rows]
    name(pictures, everybody[1::2], others)
    in_other_views(given.people / "portraits", everybody[1::2])
    with tempfile.TemporaryDirectory(prefix="fer_identity_") as home:
        os.environ["FER_HOME"] = home
        read(pictures, everybody[1::2], Model.open(bundle))


def write(file: Path, bundle: Bundle) -> None:
    """Make the file with the directions: in whole numbers, which tell people apart as well as any."""
    training = fer2013.load(file, False).part(fer2013.TRAINING)
    rows = np.linspace(0, len(training) - 1, FACES).astype(np.int64)
    x = identity.edges(np.stack([crop.resize(training.images[row], bundle.input) for row in rows]))
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.maximum(scale, 0.05 * scale.mean())
    x = np.clip((x - mean) / scale, -identity.CLIP, identity.CLIP)
    centre = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((x - centre).astype(np.float64).T))
    directions = (vectors[:, ::-1] / np.sqrt(values[::-1]))[:, : identity.SIZE]
    stretch = np.abs(directions).max(axis=0) / 127.0
    single = {"mean": mean, "scale": scale, "centre": centre, "stretch": stretch}
    whole: Any = {"directions": np.rint(directions / stretch).astype(np.int8)}
    np.savez_compressed(identity.WEIGHTS, **whole, **{name: a.astype(np.float32) for name, a in single.items()})


def draws(people: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Groups of five who are taught, and all who are not: half of the people, in several draws."""
    for draw in range(DRAWS):
        order = [people[i] for i in np.random.default_rng(draw).permutation(len(people))]
        half = len(order) // 2
        for start in range(0, half - GROUP + 1, GROUP):
            yield order[start : start + GROUP], order[half:]


def of(pictures: Sequence[Picture], person: str, day: str) -> list[int]:
    """Places of somebody's pictures of a day."""
    return [i for i, picture in enumerate(pictures) if picture.person == person and picture.number == day]


def chosen(pictures: list[Picture], people: list[str]) -> float:
    """The likeness that one of a hundred pictures of strangers exceeds."""
    rows = identity.features(np.stack([picture.crop for picture in pictures]))
    likeness: list[float] = []
    for group, strangers in draws(people):
        taught = rows[[i for person in group for i in of(pictures, person, "A")]]
        read = rows[[i for person in strangers for i in of(pictures, person, "B")]]
        likeness += (read @ taught.T).max(axis=1).tolist()
    return float(np.quantile(likeness, 1.0 - ALLOWED))


def whom(pictures: Sequence[Picture], group: list[str]) -> list[Known]:
    """What a training learns of who is who, from the first day."""
    people = []
    for person in group:
        rows = identity.features(np.stack([pictures[i].crop for i in of(pictures, person, "A")]))
        people.append(Known(person, rows[known(rows)], NO_HEAD, np.arange(0)))
    return people


def name(pictures: list[Picture], people: list[str], others: list[ImageArray]) -> None:
    """Who is named."""
    named: dict[str, Counter[str]] = {}
    for group, strangers in draws(people):
        taught = whom(pictures, group)
        for person in [*group, *strangers]:
            kind = "taught" if person in group else "strangers"
            crops = np.stack([pictures[i].crop for i in of(pictures, person, "B")])
            places = np.concatenate([followed(taught, one[np.newaxis]) for one in crops])
            for what, where in (("one picture", places), ("a day's face", followed(taught, crops)[-1:])):
                named.setdefault(f"{kind}, {what}", Counter()).update(told(taught, where, person))
        places = np.concatenate([followed(taught, face[np.newaxis]) for face in others])
        named.setdefault("strangers of FER2013", Counter()).update(told(taught, places, ""))
    for what, counts in named.items():
        show(what, counts)


def in_other_views(folder: Path, people: list[str]) -> None:
    """Who is named in frames that differ from those that were taught: portraits of another day, each one picture."""
    finder = registry.load("detectors", "haar")()
    spec, files = (
        Bundle.load("default").input,
        [file for file in sorted(folder.glob("*/*")) if file.stem.split("_")[0] in people],
    )
    shots = {
        view: [shot for file in files if (shot := seen(finder, file, spec, *how)).crop.size]
        for view, how in VIEWS.items()
    }
    for view, pictures in shots.items():
        named: dict[str, Counter[str]] = {"taught": Counter(), "strangers": Counter()}
        for group, strangers in draws(people):
            taught = whom(shots["as taught"], group)
            for person in [*group, *strangers]:
                for i in of(pictures, person, "B"):
                    places = followed(taught, pictures[i].crop[np.newaxis])
                    named["taught" if person in group else "strangers"].update(told(taught, places, person))
        for kind, counts in named.items():
            show(f"{kind}, {view}", counts)


def read(pictures: list[Picture], people: list[str], general: Model) -> None:
    """How well those are read who are named, and those who are not, by real trainings."""
    right: dict[str, Counter[str]] = {"taught": Counter(), "strangers": Counter()}
    for number, (group, strangers) in enumerate(draws(people)):
        model = trained(f"group{number}", [pictures[i] for person in group for i in of(pictures, person, "A")])
        for person in [*group, *strangers]:
            kind, own = "taught" if person in group else "strangers", of(pictures, person, "B")
            crops, truth = np.stack([pictures[i].crop for i in own]), [pictures[i].label for i in own]
            places = np.concatenate([followed(model.people, one[np.newaxis]) for one in crops])
            answers = {"general": (general, None), "joint head": (model, None), "people: auto": (model, places)}
            for what, (reader, who) in answers.items():
                best = [reader.bundle.labels[i] for i in reader.classify(crops, who).argmax(axis=1)]
                right[kind][what] += sum(a == t for a, t in zip(best, truth, strict=True))
            right[kind]["of"] += len(truth)
    for kind, counts in right.items():
        shares = ", ".join(f"{what} {value / counts['of']:.3f}" for what, value in counts.items() if what != "of")
        print(f"read rightly, {kind}: {shares} (of {counts['of']})", flush=True)


def trained(name: str, pictures: Sequence[Picture]) -> Model:
    """A model that was taught these pictures."""
    folder = Path(os.environ["FER_HOME"]) / "bags" / name
    with BagWriter(folder, {"pictures": "faces"}) as writer:
        for number, picture in enumerate(pictures):
            writer.begin_take(picture.label, picture.person)
            coded = cv2.imencode(".png", picture.crop)[1].tobytes()
            writer.write(10**18 + number * 10**10, coded, Roi(0, 0, *picture.crop.shape[1::-1]))
    return Model.open(Bundle.load(run.train(Request((folder,), Options(people="auto"), name)).model))


def seen(finder: Detector, file: Path, spec: InputSpec, side: float, tilt: float, light: float) -> Picture:
    """A portrait in a frame; an empty crop where no face is found."""
    person, number = file.stem.rsplit("_", 1)
    frame = compose(np.asarray(cv2.imread(str(file)), np.uint8), side, tilt, light)
    finder.reset()
    boxes = finder.detect(frame)
    face = crop.cut(frame, boxes[0].roi, finder.framing, spec) if boxes else frame[:0]
    return Picture(face, file.parent.name, person, number)


def told(people: Sequence[Known], places: npt.NDArray[np.int64], person: str) -> list[str]:
    """Whether each name is right; a stranger's never is."""
    names = ["" if place == NOBODY else people[place].subject for place in places]
    return ["nobody" if not name else "right" if name == person else "wrong" for name in names]


def followed(people: Sequence[Known], crops: ImageArray) -> npt.NDArray[np.int64]:
    """The place of the person after each picture of one face."""
    memory, face = Naming(), Face(Roi(0, 0, 48, 48), 1.0, 1)
    steps = enumerate(crops[:, np.newaxis])
    return np.concatenate([memory.who(people, [face], one, 10**7 * number, [1.0]) for number, one in steps])


def show(name: str, counts: Counter[str]) -> None:
    """One line."""
    total = counts.total()
    words = ", ".join(f"{word} {counts[word] / total:.3f}" for word in ("right", "wrong", "nobody"))
    print(f"named, {name}: {words} (of {total})", flush=True)


if __name__ == "__main__":
    main()
