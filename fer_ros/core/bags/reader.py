"""Reads a bag, also one that is being recorded, and a cut-off one up to its last whole sample."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import cv2

from fer_ros.core.bags.folder import open_folder
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, StoredSample, decode_image, decode_label
from fer_ros.core.bags.metadata import Metadata
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.storages import BY_SUFFIX, Storage
from fer_ros.core.base.errors import BadImage, ConfigError, quoted
from fer_ros.core.base.types import Sample
from fer_ros.core.vision import images

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Images or labels that wait for their partner at most; further ones have none.
MAX_WAITING = 300


@dataclass(slots=True)
class Bag:
    """A bag opened for reading."""

    path: Path
    files: list[Path]
    stated: Metadata
    scans: list[Scan] = field(default_factory=list)

    def samples(self) -> Iterator[tuple[Path, StoredSample]]:
        """Every labelled frame with the file it lies in."""
        for file in self.files:
            scan, samples = samples_of(file)
            self.scans.append(scan)
            try:
                for sample in samples:
                    yield file, sample
            except FileNotFoundError:
                # Discarded in this moment by whoever records.
                continue
            except OSError as error:
                raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
        self._check_topics()

    def facts(self) -> dict[str, str]:
        """The facts in ``metadata.yaml``, or those of the files if it is missing or damaged."""
        facts: dict[str, str] = dict(self.stated.facts)
        for file in () if facts else self.files:
            scan, samples = samples_of(file)
            next(samples, None)  # facts stand before the first sample
            facts = {**scan.facts, **facts}
        return facts

    @property
    def unlabelled(self) -> int:
        """Images without a label and labels without an image."""
        return sum(scan.alone for scan in self.scans)

    def _check_topics(self) -> None:
        topics = {topic: kind for scan in self.scans for topic, kind in scan.topics.items()}
        ours = [topic for topic, kind in TOPICS.items() if topics.get(topic) == kind]
        if not topics or len(ours) == len(TOPICS):
            return
        if IMAGE_TOPIC in ours:
            raise ConfigError(f"{self.path} has no labels ({LABEL_TOPIC}), only images: give a bag of `fer record`")
        shown = ", ".join(sorted(quoted(t) for t in topics)[:8])
        raise ConfigError(f"{self.path} is a bag of other topics ({shown}): give a bag of `fer record`")


class _Pairs:
    """Pairs images and labels of equal stamps, whatever lies between them."""

    def __init__(self) -> None:
        self.images: dict[int, tuple[str, bytes]] = {}
        self.labels: dict[int, tuple[Any, ...]] = {}
        self._lost = 0

    @property
    def alone(self) -> int:
        return self._lost + len(self.images) + len(self.labels)

    def add(self, topic: str, data: bytes) -> StoredSample | None:
        if topic == IMAGE_TOPIC:
            stamp, frame_id, picture = decode_image(data)
            self._keep(self.images, stamp, (frame_id, picture))
        else:
            stamp, *rest = decode_label(data)
            self._keep(self.labels, stamp, tuple(rest))
        if stamp not in self.images or stamp not in self.labels:
            return None
        frame_id, picture = self.images.pop(stamp)
        label, subject, roi, take, eyes = self.labels.pop(stamp)
        return StoredSample(stamp, picture, label, subject, roi, take, frame_id, eyes)

    def _keep(self, waiting: dict[int, Any], stamp: int, value: Any) -> None:
        if stamp in waiting or len(waiting) >= MAX_WAITING:
            waiting.pop(stamp if stamp in waiting else next(iter(waiting)))
            self._lost += 1
        waiting[stamp] = value


def samples_of(file: Path, storage: Storage | None = None) -> tuple[Scan, Iterator[StoredSample]]:
    """The samples of one file of a bag, and its facts once all have been read.

    :param storage: the kind of file, if its name does not tell.
    """
    scan, pairs = Scan(file), _Pairs()
    kind = storage or BY_SUFFIX[file.suffix]

    def samples() -> Iterator[StoredSample]:
        for topic, data in kind.scan(scan):
            try:
                sample = pairs.add(topic, data)
            except ConfigError as error:
                raise scan.damaged(str(error)) from error
            if sample is not None:
                yield sample
        scan.alone = pairs.alone

    return scan, samples()


def stored(path: Path) -> Iterator[StoredSample]:
    """The labelled frames of a bag as stored; their pictures are not decoded.

    :param path: the bag's folder, or one file of it.
    :raises ConfigError: there is no bag, it is damaged, of other topics or without labels.
    """
    for _, sample in open_bag(path).samples():
        yield sample


def _warn(name: str, error: BadImage) -> None:
    log.warning("%s: left out: %s", name, error)


def read(
    path: Path, threads: int = 2, grey: bool = False, left_out: Callable[[str, BadImage], None] = _warn
) -> Iterator[Sample]:
    """The labelled frames of a bag, in the order they were recorded.

    Pictures that cannot be decoded are left out.

    :param path: the bag's folder, or one file of it.
    :param threads: number of threads that decode pictures.
    :param grey: decode to grey, (height, width), which takes a third of the time of colour.
    :param left_out: called with the name of each picture left out, and the reason; by default it warns.
    :raises ConfigError: there is no bag, it is damaged, of other topics or without labels.
    """
    for _, sample in each(path, lambda found: decoded(found, path.name, grey), threads, left_out):
        yield sample


def each(
    path: Path,
    work: Callable[[StoredSample], T],
    threads: int = 2,
    left_out: Callable[[str, BadImage], None] = _warn,
) -> Iterator[tuple[StoredSample, T]]:
    """What comes of the labelled frames of a bag, in the order they were recorded; arguments as in :func:`read`.

    :param work: called in the threads. Where it raises ``BadImage``, the frame is left out.
    """
    bag = open_bag(path)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="decode") as pool:
        source = bag.samples()
        waiting: deque[tuple[StoredSample, Future[T]]] = deque()
        try:
            while True:
                for _, found in islice(source, 8 * threads - len(waiting)):
                    waiting.append((found, pool.submit(work, found)))
                if not waiting:
                    return
                found, future = waiting.popleft()
                try:
                    result = future.result()
                except BadImage as error:
                    left_out(f"{bag.path.name} at {found.stamp / 1e9:.3f} s", error)
                else:
                    yield found, result
        finally:
            for _, future in waiting:
                future.cancel()


def open_bag(path: Path) -> Bag:
    """Find the files of a bag; do not read them yet.

    :raises ConfigError: there is no bag.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such bag: record one with `fer record`")
    if not path.is_dir():
        if path.suffix not in BY_SUFFIX:
            raise ConfigError(f"{path} is no bag: give the folder of one, or a file .mcap or .db3")
        return Bag(path, [path], Metadata())
    try:
        files, stated = open_folder(path)
        return Bag(path, files, stated)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error


def decoded(sample: StoredSample, bag: str, grey: bool) -> Sample:
    """A stored frame with its picture; the face's box lies within, and is None where it does not.

    :raises BadImage: the picture cannot be decoded.
    """
    image = images.decode_compressed(sample.picture, grey=grey)
    if image.ndim == 2 and not grey:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    roi = sample.roi.clipped(image.shape[1], image.shape[0]) if sample.roi else None
    if roi is not None and not roi.area:
        roi = None
    eyes = sample.eyes if roi is not None else None
    return Sample(image, sample.label, sample.subject, roi, sample.stamp, sample.take, bag, eyes)
