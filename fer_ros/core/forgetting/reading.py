"""What a file of samples holds of a person. Of a damaged one everything is read that repair could save of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.mending import mcap_salvage, sqlite_salvage
from fer_ros.core.bags.messages import LABEL_TOPIC, LABEL_TYPE, TOPICS, StoredSample
from fer_ros.core.bags.reader import samples_of
from fer_ros.core.bags.sqlite_file import SUFFIX as SQLITE
from fer_ros.core.bags.storages import BY_SUFFIX, Storage, storage_of
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.paths import fer_home
from fer_ros.core.forgetting.person import Person

#: Beginning of the names of what is only there while somebody is being forgotten.
SCRATCH = ".forgetting-"


@dataclass(slots=True)
class Found:
    """What a file of samples holds of a person.

    :ivar facts: of the file.
    :ivar own: samples that show the person; ``others`` the rest.
    :ivar first: the subject of the first of the others.
    :ivar further: messages of further topics, which stay.
    :ivar messages: of all topics.
    :ivar told: whether its facts name the person.
    :ivar damaged: it cannot be read whole.
    :ivar doubtful: what cannot be read in it may be of the person, since nothing tells whose it is.
    """

    path: Path
    storage: Storage
    facts: dict[str, str]
    own: int = 0
    others: int = 0
    first: str = ""
    further: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    told: bool = False
    damaged: bool = False
    doubtful: bool = False

    @property
    def touched(self) -> bool:
        """Whether it must be changed."""
        return bool(self.own or self.told or self.doubtful)

    @property
    def stays(self) -> bool:
        """Whether it holds anything but what is of the person; images without labels go with their samples."""
        return bool(self.others or self.further or not self.touched)

    @contextlib.contextmanager
    def readable(self) -> Iterator[Path]:
        """A file with all that can be read of it: itself, if it is not damaged."""
        if not self.damaged:
            yield self.path
            return
        with _saved(self.path, self.storage) as (file, _, _):
            yield file


def look(path: Path, person: Person) -> Found | None:
    """What a file holds of a person; None for what is no file of samples. Their pictures are told to ``person``.

    :raises OSError: it cannot be read.
    """
    storage = storage_of(path)
    if storage is None:
        return None
    found = Found(path, storage, {})
    scan, samples = samples_of(path, storage)
    try:
        _count(found, samples, person)
        found.damaged = _hides(path, storage, scan.cut, sum(scan.counts.values()))
    except ConfigError:
        found.damaged = True
    found.facts, ours = scan.facts, True
    if found.damaged:
        with _saved(path, storage) as (file, facts, ours):
            found.own = found.others = 0
            found.facts = facts or scan.facts
            scan, samples = samples_of(file)
            _count(found, samples, person)
    found.further = {topic: n for topic, n in scan.counts.items() if TOPICS.get(topic) != scan.topics[topic]}
    found.messages = sum(scan.counts.values())
    found.told = person.named_in_value(found.facts)
    found.doubtful = found.damaged and ours and not (found.facts.get(bag_facts.SUBJECT) or _whose(path))
    return found


def _count(found: Found, samples: Iterator[StoredSample], person: Person) -> None:
    for sample in samples:
        if person.is_subject(sample.subject):
            found.own += 1
            person.add_picture(sample.picture)
        else:
            found.first = sample.subject if not found.others else found.first
            found.others += 1


def _hides(path: Path, storage: Storage, cut: bool, count: int) -> bool:
    """Whether a file that could be read may hold more than was found."""
    if storage.suffix == SQLITE:
        return bool(sqlite_salvage.sound(path) or sqlite_salvage.hidden(path, count))
    return cut


@contextlib.contextmanager
def _saved(path: Path, storage: Storage) -> Iterator[tuple[Path, dict[str, str], bool]]:
    """A file with what can be read of a damaged one, the facts of that, and whether it is of our topics."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=fer_home()) as folder:
        target = Path(folder) / f"saved{storage.suffix}"
        survey: mcap_salvage.Survey | sqlite_salvage.Survey
        if storage.suffix == SQLITE:
            survey = sqlite_salvage.survey(path)
            sqlite_salvage.salvage(path, target, survey, {})
            topics = survey.kinds
        else:
            survey = mcap_salvage.survey(path)
            mcap_salvage.salvage(path, target, survey, {})
            topics = survey.topics
        facts: dict[str, str] = {}
        with contextlib.suppress(ValueError):
            facts, _ = bag_facts.unsealed(survey.facts)
        yield target, facts, survey.ours or topics.get(LABEL_TOPIC) == LABEL_TYPE


def _whose(path: Path) -> str:
    """Whose the samples of a file are by what stands beside it; a backup is of whom the mended file is."""
    for suffix in BY_SUFFIX:
        stem, found, _ = path.name.rpartition(suffix)
        if found:
            _, files = bag_facts.from_custom_data(metadata.read(path.parent).facts)
            return files.get(f"{stem}{suffix}", {}).get(bag_facts.SUBJECT, "")
    return ""
