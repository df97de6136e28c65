"""A person's recordings: the takes of their bag, with small pictures of the faces."""

from __future__ import annotations

import base64
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core import bags
from fer_ros.core.bags import StoredSample
from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.types import Roi
from fer_ros.core.vision import images

#: Takes that are listed, and those of them that come with thumbnails; thumbnails of a take, and their side, pixels.
LISTED, PICTURED, THUMBNAILS, SIDE = 60, 12, 4, 96
#: Side of a thumbnail over that of the face's box.
MARGIN = 1.3
JPEG_QUALITY = 75
#: Bags that are remembered.
REMEMBERED = 32


@dataclass(slots=True)
class Take:
    """One take of a bag."""

    number: int
    label: str
    subject: str
    samples: int
    seconds: float
    file: Path
    thumbnails: list[str] | None = None


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
        self._known: OrderedDict[str, dict[tuple[str, int, int], list[Take]]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, bag: str) -> Takes:
        """The takes of a bag, with thumbnails of the newest; empty if there is no such bag (yet)."""
        parent = self._folder or bags.bag_folder()
        folder = parent / bag
        with self._lock:
            # Of a bag that is gone, such as a forgotten person's, no picture is kept.
            for gone in [known for known in self._known if not (parent / known).is_dir()]:
                del self._known[gone]
            old = self._known.pop(bag, {})
            new: dict[tuple[str, int, int], list[Take]] = {}
            for file in _files(folder):
                try:
                    state = file.stat()
                    key = (file.name, state.st_size, state.st_mtime_ns)
                    new[key] = old.get(key) or _takes(file)
                except (ConfigError, OSError):
                    continue  # discarded in this moment, or damaged: `fer bags` says so
            self._known[bag] = new
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            found = Takes([take for takes in new.values() for take in takes])
            for take in found.takes[-PICTURED:]:
                if take.thumbnails is None:
                    take.thumbnails = _thumbnails(take)
            return found


def _files(folder: Path) -> list[Path]:
    try:
        return bags.part_files(folder)
    except OSError:
        return []


def _takes(file: Path) -> list[Take]:
    return [Take(t.number, t.label, t.subject, t.samples, t.seconds, file) for t in bags.info(file).takes]


def _thumbnails(take: Take) -> list[str]:
    """Faces spread over the take, as data URLs."""
    places = {round(place) for place in np.linspace(0, take.samples - 1, min(THUMBNAILS, take.samples))}
    try:
        chosen = [s for place, s in enumerate(_samples(take)) if place in places]
    except (ConfigError, OSError):
        return []
    urls = []
    for sample in chosen:
        try:
            urls.append(_thumbnail(sample))
        except BadImage:
            continue
    return urls


def _samples(take: Take) -> list[StoredSample]:
    return [sample for sample in bags.stored(take.file) if sample.take == take.number]


def _thumbnail(sample: StoredSample) -> str:
    """:raises BadImage: the picture cannot be decoded."""
    image = images.decode_compressed(sample.picture)
    height, width = image.shape[:2]
    roi = sample.roi or Roi(0, 0, width, height)
    side = max(1, min(round(MARGIN * max(roi.width, roi.height)), width, height))
    x, y = (round(centre - side / 2) for centre in roi.centre)
    x, y = min(max(x, 0), width - side), min(max(y, 0), height - side)
    small = cv2.resize(image[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    data = images.encode_jpeg(np.asarray(small, dtype=np.uint8), JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
