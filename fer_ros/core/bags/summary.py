"""What a bag holds, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags.mending.swap import backups
from fer_ros.core.bags.messages import TOPICS
from fer_ros.core.bags.metadata import Part
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.reader import Bag, open_bag
from fer_ros.core.bags.storages import BY_SUFFIX

#: The fact that says what the pictures are, and its value where they are faces already.
PICTURES, FACES = "pictures", "faces"


@dataclass(slots=True)
class TakeInfo:
    """The facts and figures of a take.

    :ivar number: from 1 up; 0 for pictures that are independent of each other.
    :ivar part: the file it lies in.
    :ivar facts: subject, camera, consent, detector, versions.
    """

    number: int
    label: str
    subject: str
    part: Part
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """Labelled frames."""
        return self.part.samples

    @property
    def seconds(self) -> float:
        """From the first frame to the last; 0 for independent pictures."""
        return (self.part.end - self.part.start) / 1e9 if self.number else 0.0


@dataclass(slots=True)
class BagInfo:
    """What a bag holds.

    :ivar storage: ``mcap`` or ``sqlite3``.
    :ivar facts: of all takes together; each take has its own.
    :ivar cut: files that were never finished; ``bags.repair`` finishes them.
    :ivar unlisted: files that ``metadata.yaml`` does not name.
    :ivar unlabelled: images without a label and labels without an image.
    :ivar unchecked: files without checksums, in which a changed byte is not found: older ones, or other programs'.
    :ivar others: further topics and their messages.
    :ivar backups: files as they were before a repair, in the same folder.
    :ivar bytes: of all its files.
    """

    path: Path
    storage: str
    takes: list[TakeInfo]
    facts: dict[str, str]
    files: list[str]
    cut: list[str]
    unlisted: list[str]
    unlabelled: int
    unchecked: list[str]
    others: dict[str, int]
    backups: list[str]
    bytes: int

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def labels(self) -> dict[str, int]:
        """Samples per label."""
        return label_counts(self.takes)

    @property
    def crops(self) -> bool:
        """Whether its pictures are faces already, such as imported ones, rather than whole frames."""
        return self.facts.get(PICTURES) == FACES

    @property
    def samples(self) -> int:
        """Labelled frames."""
        return sum(take.samples for take in self.takes)

    @property
    def seconds(self) -> float:
        """Recorded time, pauses left out."""
        return sum(take.seconds for take in self.takes)

    @property
    def parts(self) -> list[Part]:
        """The files as ``metadata.yaml`` lists them."""
        parts = {name: Part(name, 0, 0, 0) for name in self.files}
        for take in self.takes:
            old, new = parts[take.part.name], take.part
            start = min(old.start or new.start, new.start)
            parts[old.name] = Part(old.name, old.samples + new.samples, start, max(old.end, new.end))
        return list(parts.values())

    @property
    def complete(self) -> bool:
        """Whether every file is finished and listed, so every tool reads the whole bag; False while recording."""
        return not self.cut and not self.unlisted

    @property
    def foreign(self) -> bool:
        """Whether another program has added further topics, or several takes in a file; we cannot extend it then."""
        return bool(self.others) or len({take.part.name for take in self.takes}) < len(self.takes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "path": str(self.path),
            "storage": self.storage,
            "samples": self.samples,
            "labels": self.labels,
            "takes": [
                {
                    "take": take.number,
                    "label": take.label,
                    "subject": take.subject,
                    "samples": take.samples,
                    "seconds": take.seconds,
                    "facts": take.facts,
                }
                for take in self.takes
            ],
            "seconds": self.seconds,
            "facts": self.facts,
            "complete": self.complete,
            "unlabelled": self.unlabelled,
            "unchecked": self.unchecked,
            "others": self.others,
            "backups": self.backups,
            "bytes": self.bytes,
        }


def label_counts(takes: Iterable[TakeInfo]) -> dict[str, int]:
    """Samples per label."""
    counts: Counter[str] = Counter()
    for take in takes:
        counts[take.label] += take.samples
    return dict(counts)


def in_order(takes: Iterable[TakeInfo]) -> list[TakeInfo]:
    """Takes by their numbers."""
    return sorted(takes, key=lambda take: take.number)


def info(path: Path) -> BagInfo:
    """What a bag holds; reads it whole, but decodes no picture.

    :raises ConfigError: see :func:`stored`.
    """
    return summary(open_bag(path))


def summary(bag: Bag) -> BagInfo:
    """As :func:`info`, for a bag that is open."""
    takes: dict[tuple[str, int, str, str], TakeInfo] = {}
    for file, sample in bag.samples():
        key = (file.name, sample.take, sample.label, sample.subject)
        if key not in takes:
            takes[key] = TakeInfo(sample.take, sample.label, sample.subject, Part(file.name, 0, sample.stamp, 0))
        old = takes[key].part
        takes[key].part = Part(old.name, old.samples + 1, min(old.start, sample.stamp), max(old.end, sample.stamp))
    stated, of_files = bag_facts.from_custom_data(bag.stated.facts)
    own = {scan.path.name: own_facts(scan) for scan in bag.scans}
    for take in takes.values():
        facts = bag_facts.completed(own.get(take.part.name, {}), of_files.get(take.part.name, {}))
        # The files of older versions hold the subjects of all takes before.
        take.facts = {**facts, bag_facts.SUBJECT: take.subject}
    return BagInfo(
        path=bag.path,
        storage=BY_SUFFIX[bag.files[0].suffix].name,
        takes=list(takes.values()),
        facts=bag_facts.merged((take.facts for take in takes.values()), stated),
        files=[file.name for file in bag.files],
        cut=[scan.path.name for scan in bag.scans if scan.cut],
        unlisted=[] if bag.path.is_file() else [file.name for file in bag.files if file.name not in bag.stated.parts],
        unlabelled=bag.unlabelled,
        others=_others(bag),
        backups=[] if bag.path.is_file() else [file.name for file in backups(bag.path)],
        unchecked=[scan.path.name for scan in bag.scans if not scan.checked],
        bytes=sum(_size(file) for file in bag.files),
    )


def _others(bag: Bag) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for scan in bag.scans:
        counts.update({topic: n for topic, n in scan.counts.items() if TOPICS.get(topic) != scan.topics[topic]})
    return dict(counts)


def own_facts(scan: Scan) -> dict[str, str]:
    """What a file says of its take."""
    return scan.facts


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
