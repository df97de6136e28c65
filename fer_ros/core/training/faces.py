"""From recorded bags to face crops and their embeddings."""

from __future__ import annotations

import functools
import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np

from fer_ros.core import bags
from fer_ros.core.bags.messages import StoredSample
from fer_ros.core.bags.reader import Bag, open_bag
from fer_ros.core.bags.summary import FACES, PICTURES
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Backbone, LabelledFaces
from fer_ros.core.base.errors import ConfigError, FerError, quoted
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.base.types import FloatArray, ImageArray, Maps
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.training.augment import Augmentation, augment
from fer_ros.core.training.cache import Cache, key
from fer_ros.core.training.cross import Folds
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.training.rows import Faces, Rows, assembled
from fer_ros.core.vision import choosing, crop

log = logging.getLogger(__name__)

#: Crops that go through the backbone between two reports.
BATCH = 64


def gather(
    folders: Sequence[Path],
    spec: InputSpec,
    detector: str,
    progress: Callable[[float], None] | None = None,
    names: LabelNames | None = None,
    least: int = 2,
    strict: bool = False,
    cache: Cache | None = None,
    most: int = 0,
    without: Sequence[str] = (),
) -> Faces:
    """Read the bags and cut the faces out, as the running robot does.

    :param detector: whose boxes the bags hold, where they do not tell it themselves.
    :param names: makes one label of its different names; None takes the known ones.
    :param progress: called with the share that is done, 0 to 1; estimated: the length of a bag is not known.
    :param least: faces of each label that are needed.
    :param strict: refuse the first picture that cannot be read instead of leaving it out.
    :param cache: of crops.
    :param most: faces that may be read; 0: any number.
    :param without: labels that are left out.
    :raises TooMany: there are more.
    :raises ConfigError: no bag, one that cannot be read, too few faces, or ``strict`` and a bad picture.
    """
    crops: list[ImageArray] = []
    rows = Rows()
    without_face, left_out, names = 0, LeftOut(strict), names or LabelNames()
    framings = [framing_of(bag, detector) for bag in opened(folders)]
    unwanted = {names.of(label) for label in without}
    for number, (session, stored, face) in enumerate(_crops(folders, framings, spec, left_out, cache or Cache()), 1):
        if progress and number % BATCH == 0:
            progress((session + number / (number + 600.0)) / len(folders))
        label = names.of(stored.label)
        if label in unwanted:
            continue
        if face is None:
            without_face += 1
            continue
        crops.append(face)
        rows.add(session, [label], [stored.subject], [stored.take], [stored.stamp])
        if most and len(crops) > most:
            raise TooMany(f"there are more than {most} faces")
    return assembled(rows, without_face, least, left_out, names.renamed, np.stack(crops) if crops else None)


class TooMany(FerError):
    """There are more faces than may be in memory."""


def ahead(request: Request, most: int, pause: Callable[[], None]) -> None:
    """Cut out and embed what a training will ask for, so that it finds that in the cache.

    No other training is kept from running meanwhile: of two processes that write to the cache one stops keeping. What
    was forgotten does not come back: whoever forgets removes the file, and this one writes to the file that it opened
    before it read a bag.

    :param most: of more faces nothing is embedded.
    :param pause: called now and then; what it raises ends this, and what was done by then is kept.
    :raises ConfigError: a bag cannot be read.
    """
    options, base = request.options, Bundle.load(request.options.base)
    framings = [framing_of(bag, options.detector) for bag in opened(request.bags)]
    with Cache.opened() as cache:
        crops = []
        for _, _, face in _crops(request.bags, framings, base.input, LeftOut(strict=False), cache):
            pause()
            if face is not None:
                crops.append(face)
            if len(crops) > most:
                return
        if not crops:
            return
        copies = options.copies_of(len(crops), registry.load("heads", options.head).crosses)
        every = np.stack(crops)
        if copies:
            every = np.concatenate([every, altered(every, options, copies)])
        backbone, _ = base.open(threads=1)
        embed(backbone, every, base.input, lambda count: pause(), cache, network_of(base))


def network_of(bundle: Bundle) -> str:
    """What tells a bundle's backbone from all others in the cache."""
    return f"{bundle.backbone.plugin} {bundle.checksums[bundle.backbone.file]}"


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
    :param network: :func:`network_of` its bundle.
    """
    shape, finer_shape = backbone.output_shape, backbone.finer_shape or (0,)
    embeddings, finer = (np.empty((len(crops), *s), dtype=np.float32) for s in (shape, finer_shape))
    if cache is None:
        cache, names = Cache(), [b""] * len(crops)
    else:
        stated = [repr(part).encode() for part in (network, spec, shape, finer_shape)]
        names = [key("maps", crop_.tobytes(), *stated) for crop_ in crops]
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


def labelled(found: Faces, folds: Folds, copies: int, embeddings: FloatArray, finer: FloatArray) -> LabelledFaces:
    """The faces with their maps: those of all faces, then those of each copy of them in the same order."""
    every = 1 + copies
    measured = np.zeros(len(found) * every, dtype=bool)
    measured[: len(found)] = folds.measured & folds.enough
    return LabelledFaces(
        embeddings=embeddings,
        targets=np.tile(found.origin.labels, every),
        weights=np.ones(len(measured), np.float32),
        finer=finer,
        folds=np.tile(folds.numbers, every),
        measured=measured,
        pictures=len(found),
    )


def altered(crops: ImageArray, options: Options, copies: int, first: int = 0) -> ImageArray:
    """Copies of crops, mirrored, shifted and lit differently: uint8 (n · copies, height, width, channels).

    :param first: number of the first copy.

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
        for copy in range(first, first + copies)
        for image, seed in zip(crops, seeds, strict=True)
    ]
    return np.rint(np.stack(found)).astype(np.uint8).reshape(-1, *crops.shape[1:])


def opened(folders: Sequence[Path]) -> list[Bag]:
    """The bags.

    :raises ConfigError: there is no bag, or one cannot be read.
    """
    if not folders:
        text = "there is no bag to train on: record one first, with `fer record` or record/start"
        raise ConfigError(text, "nothing_recorded")
    return [open_bag(folder) for folder in folders]


def framing_of(bag: Bag, detector: str) -> Framing | None:
    """How the boxes of a bag lead to the crops; None where its pictures are faces already.

    :param detector: whose boxes they are where the bag does not tell.
    """
    facts = bag.facts()
    if facts.get(PICTURES) == FACES:
        return None
    detector = choosing.resolve(detector)
    # Of takes that were recorded with several, those of the first: the crops of one bag are framed alike.
    stated = facts.get("detector", detector).partition("; ")[0]
    if stated not in registry.names("detectors"):
        log.warning(
            "%s: its detector %s is not installed, its boxes are taken for those of %s",
            bag.path,
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
        work = functools.partial(cached, folder.name, framing, spec, cache)
        for stored, face in bags.each(folder, work, left_out=left_out.unreadable):
            yield session, stored, face


def cached(bag: str, framing: Framing | None, spec: InputSpec, cache: Cache, stored: StoredSample) -> ImageArray | None:
    """As :func:`cut`, from the cache where it is there."""
    shape = (spec.height, spec.width, spec.channels)
    name = key("crop", stored.picture, stored.roi, stored.eyes, framing, shape)
    data = cache.get(name, prod(shape))
    if data is not None:
        return np.frombuffer(data, np.uint8).reshape(shape)
    face = cut(bag, framing, spec, stored)
    if face is not None:
        cache.put(name, face.tobytes())
    return face


def cut(bag: str, framing: Framing | None, spec: InputSpec, stored: StoredSample) -> ImageArray | None:
    """The crop of a stored frame, uint8 (height, width, channels); None where it shows no face.

    :raises BadImage: the picture cannot be decoded.
    """
    # A network that sees grey needs no colours, and decoding them takes most of the time.
    sample = bags.decoded(stored, bag, grey=spec.channels == 1)
    if framing is None:
        return crop.resize(sample.image, spec)
    return crop.cut(sample.image, sample.roi, framing, spec, sample.eyes) if sample.roi is not None else None
