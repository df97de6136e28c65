"""A person's recordings: the takes and samples of their bag, with small pictures of the faces as networks get them."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core import bags
from fer_ros.core.bags import StoredSample
from fer_ros.core.bags.reader import samples_of
from fer_ros.core.bags.summary import FACES, PICTURES
from fer_ros.core.base import registry
from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.vision import crop, images

#: Takes that are listed, and those of them that come with thumbnails; thumbnails of a take, and their side, pixels.
LISTED, PICTURED, THUMBNAILS, SIDE = 60, 12, 4, 96
JPEG_QUALITY = 75
#: Bags that are remembered, and thumbnails of samples that somebody has looked at: some 3 kB each.
REMEMBERED, SEEN = 32, 2000
#: Samples of a label that are listed, the newest.
MOST = 5000


#: Name, size and time of change of a file.
State = tuple[str, int, int]


@dataclass(slots=True)
class Take:
    """One take of a bag.

    :ivar state: by which its file is known to be the same.
    :ivar framing: from its boxes to the crops; None where its pictures are faces already.
    :ivar stamps: of its samples, nanoseconds.
    """

    number: int
    label: str
    subject: str
    file: Path
    state: State
    framing: Framing | None
    stamps: list[int] = field(default_factory=list)
    thumbnails: list[str] | None = None

    @property
    def samples(self) -> int:
        """How many it has."""
        return len(self.stamps)

    @property
    def seconds(self) -> float:
        """From the first to the last; 0 for independent pictures."""
        return (max(self.stamps) - min(self.stamps)) / 1e9 if self.number else 0.0


@dataclass(slots=True)
class Takes:
    """The takes of one bag, the oldest first."""

    takes: list[Take] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Samples per label."""
        counts: Counter[str] = Counter()
        for take in self.takes:
            counts[take.label] += take.samples
        return dict(counts)

    def to_list(self) -> list[dict[str, object]]:
        """The newest first, as the protocol has them."""
        return [
            {
                "take": take.number,
                "label": take.label,
                "subject": take.subject,
                "samples": take.samples,
                "seconds": round(take.seconds, 2),
                "thumbnails": (take.thumbnails or []) if place < PICTURED else [],
            }
            for place, take in enumerate(self.takes[: -LISTED - 1 : -1])
        ]


class TakeReader:
    """Reads bags, and each file only once. Any thread may call it; one at a time reads."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read bags in a folder, by default that of the recorder on this machine."""
        self._folder = folder
        self._known: OrderedDict[str, dict[State, list[Take]]] = OrderedDict()
        self._seen: OrderedDict[tuple[str, State, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, bag: str) -> Takes:
        """The takes of a bag, with thumbnails of the newest; empty if there is no such bag (yet)."""
        with self._lock:
            found = self._read(bag)
            for take in found.takes[-PICTURED:]:
                if take.thumbnails is None:
                    take.thumbnails = _thumbnails(take)
            return found

    def samples(self, bag: str, label: str) -> dict[str, object]:
        """The samples of a label, as the protocol has them: the newest take first, and its samples in order."""
        with self._lock:
            takes = [take for take in self._read(bag).takes[::-1] if take.label == label]
        left, listed = MOST, []
        for take in takes:
            stamps, left = take.stamps[:left], max(0, left - take.samples)
            if stamps:
                listed.append({"take": take.number, "stamps": [str(stamp) for stamp in stamps]})
        return {"total": sum(take.samples for take in takes), "takes": listed}

    def pictures(self, bag: str, number: int, stamps: Sequence[int]) -> list[str]:
        """The faces of some samples of a take, as data URLs; empty where there is none (any more)."""
        with self._lock:
            take = next((take for take in self._read(bag).takes if take.number == number), None)
            if take is None:
                return [""] * len(stamps)
            missing = {stamp for stamp in stamps if (bag, take.state, stamp) not in self._seen}
            for stamp, url in (_drawn(take, missing) if missing else {}).items():
                self._seen[bag, take.state, stamp] = url
            urls = [self._seen.get((bag, take.state, stamp), "") for stamp in stamps]
            while len(self._seen) > SEEN:
                self._seen.popitem(last=False)
            return urls

    def _read(self, bag: str) -> Takes:
        parent = self._folder or bags.bag_folder()
        folder = parent / bag
        # Of a bag that is gone, such as a forgotten person's, no picture is kept.
        for gone in [known for known in self._known if not (parent / known).is_dir()]:
            del self._known[gone]
        old = self._known.pop(bag, {})
        new: dict[State, list[Take]] = {}
        for file in _files(folder):
            try:
                state = file.stat()
                key = (file.name, state.st_size, state.st_mtime_ns)
                new[key] = old.get(key) or _takes(file, key)
            except (ConfigError, OSError):
                continue  # discarded in this moment, or damaged: `fer bags` says so
        self._known[bag] = new
        # Of a file that is gone or another, such as one without a forgotten person, no picture is kept.
        for name in list(self._seen):
            if name[0] not in self._known or (name[0] == bag and name[1] not in new):
                del self._seen[name]
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return Takes([take for takes in new.values() for take in takes])


def _files(folder: Path) -> list[Path]:
    try:
        return bags.part_files(folder)
    except OSError:
        return []


def _takes(file: Path, state: State) -> list[Take]:
    scan, samples = samples_of(file)
    takes: dict[tuple[int, str, str], Take] = {}
    for sample in samples:
        key = sample.take, sample.label, sample.subject
        if key not in takes:
            takes[key] = Take(*key, file, state, _framing(scan.facts))
        takes[key].stamps.append(sample.stamp)
    return list(takes.values())


def _framing(facts: Mapping[str, str]) -> Framing | None:
    """How training cuts the faces of a take: as the detector that found them states."""
    if facts.get(PICTURES) == FACES:
        return None
    detector = facts.get("detector", "")
    if detector not in registry.names("detectors"):
        return Framing()
    framing: Framing = registry.load("detectors", detector).framing
    return framing


def _thumbnails(take: Take) -> list[str]:
    """Faces spread over the take, as data URLs."""
    places = np.linspace(0, take.samples - 1, min(THUMBNAILS, take.samples))
    wanted = {take.stamps[round(place)] for place in places}
    return list(_drawn(take, wanted).values())


def _drawn(take: Take, stamps: Collection[int]) -> dict[int, str]:
    """The faces of some samples, as data URLs; those that cannot be read are missing."""
    urls: dict[int, str] = {}
    with contextlib.suppress(ConfigError, OSError):
        for sample in bags.stored(take.file):
            if sample.take == take.number and sample.stamp in stamps:
                with contextlib.suppress(BadImage):
                    urls[sample.stamp] = _thumbnail(sample, take.framing)
                if len(urls) == len(stamps):
                    break
    return urls


def _thumbnail(sample: StoredSample, framing: Framing | None) -> str:
    """:raises BadImage: the picture cannot be decoded."""
    image = images.decode_compressed(sample.picture)
    height, width = image.shape[:2]
    roi = sample.roi.clipped(width, height) if sample.roi else None
    if roi is not None and roi.area and framing is not None:
        image = crop.square(image, roi, framing, sample.eyes)
    else:
        side = min(width, height)
        x, y = (width - side) // 2, (height - side) // 2
        image = image[y : y + side, x : x + side]
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    data = images.encode_jpeg(np.asarray(small, dtype=np.uint8), JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
