"""From recorded bags to face crops and their embeddings."""

from __future__ import annotations

import functools
import logging
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from fer_ros.core import bags
from fer_ros.core.bags.messages import StoredSample
from fer_ros.core.bags.reader import open_bag
from fer_ros.core.bags.summary import FACES, PICTURES
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.labels import DEFAULT_LABELS, NONE_OF_THESE, LabelNames
from fer_ros.core.base.types import ImageArray, Maps
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.training.augment import Augmentation, augment
from fer_ros.core.training.cache import Cache, key
from fer_ros.core.training.options import Options
from fer_ros.core.training.split_parts import Origin
from fer_ros.core.vision import choosing, crop

log = logging.getLogger(__name__)

#: Crops that go through the backbone between two reports.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Faces:
    """Labelled crops.

    :ivar crops: uint8 (n, height, width, channels).
    :ivar labels: the labels that occur, the default ones first, in their order.
    :ivar origin: where each crop comes from.
    :ivar subjects: the names given, sorted, without empty ones.
    :ivar without_face: frames left out because no face was found when they were recorded.
    :ivar left_out: pictures that could not be read.
    :ivar renamed: label in the bags → the usual one that it became.
    """

    crops: ImageArray
    labels: tuple[str, ...]
    origin: Origin
    subjects: tuple[str, ...]
    without_face: int
    left_out: LeftOut
    renamed: dict[str, str]

    def __len__(self) -> int:
        return len(self.crops)


def gather(
    folders: Sequence[Path],
    spec: InputSpec,
    detector: str,
    progress: Callable[[float], None] | None = None,
    names: LabelNames | None = None,
    least: int = 2,
    strict: bool = False,
    cache: Cache | None = None,
) -> Faces:
    """Read the bags and cut the faces out, as the running robot does.

    :param detector: whose boxes the bags hold, where they do not tell it themselves.
    :param names: makes one label of its different names; None takes the known ones.
    :param progress: called with the share that is done, 0 to 1; estimated: the length of a bag is not known.
    :param least: faces of each label that are needed.
    :param strict: refuse the first picture that cannot be read instead of leaving it out.
    :param cache: of crops.
    :raises ConfigError: no bag, one that cannot be read, too few faces, or ``strict`` and a bad picture.
    """
    if not folders:
        text = "there is no bag to train on: record one first, with `fer record` or record/start"
        raise ConfigError(text, "nothing_recorded")
    crops: list[ImageArray] = []
    found: list[tuple[str, int, int, int]] = []
    subjects: list[str] = []
    without_face, left_out, names = 0, LeftOut(strict), names or LabelNames()
    framings = [framing_of(folder, detector) for folder in folders]
    for number, (session, stored, face) in enumerate(_crops(folders, framings, spec, left_out, cache or Cache()), 1):
        if progress and number % BATCH == 0:
            progress((session + number / (number + 600.0)) / len(folders))
        label = names.of(stored.label)
        if face is None:
            without_face += 1
            continue
        crops.append(face)
        found.append((label, session, stored.take, stored.stamp))
        subjects.append(stored.subject)
    _enough(Counter(label for label, *_ in found), without_face, least)
    labels = in_order({label for label, *_ in found})
    columns = [[labels.index(label) for label, *_ in found], *zip(*(rest for _, *rest in found), strict=True)]
    people = sorted(set(subjects))
    columns.append([people.index(subject) for subject in subjects])
    origin = Origin(*(np.array(column, dtype=np.int64) for column in columns))
    named = tuple(name for name in people if name)
    return Faces(np.stack(crops), labels, origin, named, without_face, left_out, names.renamed)


def in_order(labels: set[str]) -> tuple[str, ...]:
    """The default labels in their order, then others by the alphabet, "none of these" last."""
    default = [*DEFAULT_LABELS, NONE_OF_THESE]
    others = sorted(labels - set(default))
    return tuple(label for label in (*DEFAULT_LABELS, *others, NONE_OF_THESE) if label in labels)


def embed(
    backbone: Backbone,
    crops: ImageArray,
    spec: InputSpec,
    progress: Callable[[int], None] = lambda count: None,
    cache: Cache | None = None,
    network: str = "",
) -> Maps:
    """What the backbone gives for crops; there may be none.

    :param progress: called with the number of crops done.
    :param network: tells this backbone from all others in the cache.
    """
    shape, finer_shape = backbone.output_shape, backbone.finer_shape or (0,)
    embeddings, finer = (np.empty((len(crops), *s), dtype=np.float32) for s in (shape, finer_shape))
    if cache is None:
        cache, names = Cache(), [b""] * len(crops)
    else:
        names = [key("maps", crop_.tobytes(), network, spec, shape, finer_shape) for crop_ in crops]
    missing = []
    for row, name in enumerate(names):
        data = cache.get(name, embeddings[row].nbytes + finer[row].nbytes)
        if data is None:
            missing.append(row)
            continue
        values = np.frombuffer(data, np.float32)
        embeddings[row] = values[: embeddings[row].size].reshape(shape)
        finer[row] = values[embeddings[row].size :].reshape(finer_shape)
    for start in range(0, len(missing), BATCH):
        rows = missing[start : start + BATCH]
        found = backbone.maps(crop.scale(crops[rows], spec))
        embeddings[rows], finer[rows] = found.embeddings, found.finer
        for row in rows:
            cache.put(names[row], embeddings[row].tobytes() + finer[row].tobytes())
        progress(len(crops) - len(missing) + start + len(rows))
    return Maps(embeddings, finer)


def altered(crops: ImageArray, options: Options, copies: int) -> ImageArray:
    """Copies of crops, mirrored, shifted and lit differently: uint8 (n · copies, height, width, channels).

    How a crop is altered depends on nothing but itself, the options and the number of the copy.
    """
    strength = Augmentation(
        shift=options.shift,
        scale=0.0,
        rotation=0.0,
        contrast=options.light,
        brightness=options.light * 80.0,
        erase=0.0,
        flip=options.flip,
    )
    seeds = [zlib.crc32(image.tobytes()) for image in crops]
    found = [
        augment(image, np.random.default_rng([options.seed, copy, seed]), strength)
        for copy in range(copies)
        for image, seed in zip(crops, seeds, strict=True)
    ]
    return np.rint(np.stack(found)).astype(np.uint8).reshape(-1, *crops.shape[1:])


def framing_of(folder: Path, detector: str) -> Framing | None:
    """How the boxes of a bag lead to the crops; None where its pictures are faces already.

    :param detector: whose boxes they are where the bag does not tell.
    """
    facts = open_bag(folder).facts()
    if facts.get(PICTURES) == FACES:
        return None
    detector = choosing.resolve(detector)
    # Of takes that were recorded with several, those of the first: the crops of one bag are framed alike.
    stated = facts.get("detector", detector).partition("; ")[0]
    if stated not in registry.names("detectors"):
        log.warning(
            "%s: its detector %s is not installed, its boxes are taken for those of %s",
            folder,
            quoted(stated),
            detector,
        )
        stated = detector
    framing: Framing = registry.load("detectors", stated).framing
    return framing


def _crops(
    folders: Sequence[Path],
    framings: Sequence[Framing | None],
    spec: InputSpec,
    left_out: LeftOut,
    cache: Cache,
) -> Iterator[tuple[int, StoredSample, ImageArray | None]]:
    """Number of the bag, what is stored, and the crop, None where there is no face."""
    for session, (folder, framing) in enumerate(zip(folders, framings, strict=True)):
        work = functools.partial(_crop, folder.name, framing, spec, cache)
        for stored, face in bags.each(folder, work, left_out=left_out.unreadable):
            yield session, stored, face


def _crop(bag: str, framing: Framing | None, spec: InputSpec, cache: Cache, stored: StoredSample) -> ImageArray | None:
    shape = (spec.height, spec.width, spec.channels)
    name = key("crop", stored.picture, stored.roi, stored.eyes, framing, shape)
    data = cache.get(name, prod(shape))
    if data is not None:
        return np.frombuffer(data, np.uint8).reshape(shape)
    # A network that sees grey needs no colours, and decoding them takes most of the time.
    sample = bags.decoded(stored, bag, grey=spec.channels == 1)
    if framing is None:
        face = crop.resize(sample.image, spec)
    elif sample.roi is not None:
        face = crop.cut(sample.image, sample.roi, framing, spec, sample.eyes)
    else:
        return None
    cache.put(name, face.tobytes())
    return face


def _enough(counts: Counter[str], without_face: int, least: int) -> None:
    """Refuse faces from which nothing can be learned."""
    hint = f" ({without_face} frames show no face)" if without_face else ""
    if not counts:
        text = f"the bags hold no face{hint}: record some with the face in the picture, in better light"
        raise ConfigError(text, "no_faces", frames=without_face)
    if len(counts) < 2:
        only = next(iter(counts))
        text = f"all faces are labelled '{only}'{hint}: record at least one other label"
        raise ConfigError(text, "one_label", label=only)
    for label, count in sorted(counts.items()):
        if count < least:
            text = f"label '{label}' has one face only{hint}, at least 2 are needed: record more of it"
            raise ConfigError(text, "one_face", label=label)
