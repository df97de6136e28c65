"""Pictures from elsewhere into a bag, so that they can be trained on like recorded ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from fer_ros.core.bags import BagWriter
from fer_ros.core.bags.summary import FACES, PICTURES
from fer_ros.core.base.contracts import Clock, Detector
from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.labels import LabelNames, new_label
from fer_ros.core.base.types import Eyes, ImageArray, Roi
from fer_ros.core.datasets import fer2013
from fer_ros.core.datasets.batches import Batch, batches, in_order
from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture
from fer_ros.core.engine import Engine
from fer_ros.core.vision.images import encode_jpeg

#: Nanoseconds between two pictures, which have no time of their own: a replay shows 30 a second.
STEP = 33_333_333
#: Pixels of the longer side up to which a picture is stored without loss.
LOSSLESS = 128
#: Pictures that a worker takes at once.
BATCH = 32


@dataclass(slots=True)
class Imported:
    """The outcome of an import.

    :ivar labels: pictures in the bag per label.
    :ivar left_out: what was left out, by reason.
    :ivar names: what was renamed.
    """

    labels: dict[str, int] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)
    names: LabelNames = field(default_factory=LabelNames)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is to be imported.

    :ivar each: label by label.
    :ivar left_out: reason → rows of the file that could not be used.
    :ivar dataset: the same pictures, for other processes to read; None where reading them is no work.
    """

    count: int
    each: Iterator[LabelledPicture]
    left_out: LeftOut = field(default_factory=LeftOut)
    dataset: Dataset | None = None


def from_dataset(dataset: Dataset) -> Pictures:
    """The pictures of a folder named by labels, or of a table that lists them."""
    return Pictures(len(dataset), iter(dataset), dataset.left_out, dataset)


def from_fer2013(path: Path, split: str | None, votes: float, strict: bool = False) -> Pictures:
    """The faces of ``fer2013.csv`` (or the same as ``.npz``).

    :param split: ``Training``, ``PublicTest`` or ``PrivateTest``; None takes all.
    :param votes: with FER+'s ``fer2013new.csv`` beside it: the label is the one with most votes, and faces on which a
        smaller share of the voters agreed are left out, given as an empty label; 0 keeps FER2013's own labels.
    :param strict: refuse damaged rows instead of leaving them out.
    :raises ConfigError: the file is damaged as a whole, or votes are asked for and there are none.
    """
    faces = fer2013.load(path, strict)
    if split is not None:
        faces = faces.part(split)
    labels = [faces.labels[target] for target in faces.targets]
    if votes > 0.0:
        if not faces.votes.any():
            raise ConfigError(f"{path}: there are no votes; put FER+'s fer2013new.csv beside it, or leave --votes away")
        share = faces.votes / faces.votes.sum(axis=1, keepdims=True).clip(min=1.0)
        best = share.argmax(axis=1)
        labels = [faces.labels[b] if share[row, b] >= votes else "" for row, b in enumerate(best)]
    order = sorted(range(len(faces)), key=lambda row: (labels[row], row))
    each = (LabelledPicture(f"row {faces.rows[row]}", labels[row], faces.images[row]) for row in order)
    return Pictures(len(faces), each, faces.left_out)


def write(
    pictures: Pictures,
    writer: BagWriter,
    detector: Detector | None,
    keep_without_face: bool,
    clock: Clock,
    progress: Callable[[int], None],
    strict: bool = False,
    names: LabelNames | None = None,
    engine: Engine | None = None,
) -> Imported:
    """Write pictures into an open bag, a take for each label; its pictures are marked as independent of each other.

    :param detector: finds the face (the largest counts); None where the pictures are faces already.
    :param keep_without_face: keep pictures in which no face is found, too.
    :param clock: gives the first stamp, nanoseconds.
    :param progress: called with the number of pictures done.
    :param names: makes one label of the names that data sets give it; None takes the known ones.
    :param strict: refuse unreadable pictures and labels that cannot be taught instead of leaving them out.
    :param engine: reads the pictures and finds their faces; None: this process. The bag is the same.
    :raises ConfigError: ``strict`` and something is wrong.
    :raises StorageError: the disk is full; what was written before is in the bag.
    """
    done, stamp, label = Imported(names=names or LabelNames()), clock(), ""
    left_out = done.left_out = LeftOut(strict)
    left_out.counts.update({"without a face": 0, "unreadable": 0, "without agreement": 0})
    left_out.merge(pictures.left_out)
    for number, picture in enumerate(_prepared(pictures, detector, keep_without_face, engine), start=1):
        progress(number)
        for note in picture.notes:
            left_out.note(picture.name, note)
        if picture.data is None:
            left_out.add(picture.name, *picture.why, harmless=picture.harmless)
            continue
        if (named := done.names.of(picture.label)) != label:
            label = named
            writer.begin_take(label, independent=True)
        writer.write(stamp + number * STEP, picture.data, picture.roi, eyes=picture.eyes)
        done.labels[label] = done.labels.get(label, 0) + 1
    writer.end_take()
    return done


def facts(path: Path, detector: str) -> dict[str, str]:
    """The facts of the bag.

    :param detector: whose boxes it holds; empty where the pictures are faces already.
    """
    return {"camera": f"imported from {path.name}", **({"detector": detector} if detector else {PICTURES: FACES})}


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A picture as it goes into the bag.

    :ivar data: its file; None: it is left out, and ``why`` has the reason and a detail.
    """

    name: str
    label: str
    data: bytes | None = None
    roi: Roi | None = None
    eyes: Eyes | None = None
    notes: tuple[str, ...] = ()
    why: tuple[str, str] = ("", "")
    harmless: bool = False


def _prepared(
    pictures: Pictures, detector: Detector | None, keep_without_face: bool, engine: Engine | None
) -> Iterator[_Prepared]:
    if engine is None or not engine.apart or pictures.dataset is None:
        yield from (_prepare(picture, detector, keep_without_face) for picture in pictures.each)
        return
    finder = None if detector is None else (type(detector), detector.settings)
    work = functools.partial(_far, finder, keep_without_face)
    for _, found in in_order(engine, work, batches(pictures.dataset, BATCH)):
        yield from found


def _far(finder: tuple[type[Detector], Any] | None, keep_without_face: bool, batch: Batch) -> list[_Prepared]:
    detector = None if finder is None else _detector(*finder)
    return [_prepare(one.read(), detector, keep_without_face) for one in batch.pictures]


@functools.cache
def _detector(kind: type[Detector], settings: Any) -> Detector:
    return kind(settings)


def _prepare(picture: LabelledPicture, detector: Detector | None, keep_without_face: bool) -> _Prepared:
    name, label = picture.name, picture.label
    if not label:
        return _Prepared(name, label, why=("without agreement", ""), harmless=True)
    if picture.image is None:
        error = picture.error
        return _Prepared(name, label, why=(error.short if error else "unreadable", str(error or "")))
    if not _teachable(label):
        return _Prepared(name, label, why=("of a label that cannot be taught", quoted(label)))
    roi, eyes = _face(picture, picture.image, detector)
    if roi is None and not keep_without_face:
        return _Prepared(name, label, notes=picture.notes, why=("without a face", ""), harmless=True)
    return _Prepared(name, label, _file(picture.image), roi, eyes, picture.notes)


def _teachable(label: str) -> bool:
    try:
        new_label(label)
    except ConfigError:
        return False
    return True


def _face(picture: LabelledPicture, image: ImageArray, detector: Detector | None) -> tuple[Roi | None, Eyes | None]:
    if detector is None:
        return Roi(0, 0, image.shape[1], image.shape[0]), None
    if picture.roi is not None:
        return picture.roi, picture.eyes
    detector.reset()
    faces = detector.detect(image)
    return (faces[0].roi, faces[0].eyes) if faces else (None, None)


def _file(image: ImageArray) -> bytes:
    if max(image.shape[:2]) > LOSSLESS:
        return encode_jpeg(image, 95)
    return bytes(cv2.imencode(".png", image)[1].tobytes())
