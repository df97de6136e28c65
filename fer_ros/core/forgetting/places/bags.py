"""Bags, what lies in the trash, and what repair has put aside: every file of samples below the folder of the bags."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.bags.messages import StoredSample, encode
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.reader import samples_of
from fer_ros.core.bags.repair import lock
from fer_ros.core.bags.storages import Storage, storage_of, unlink
from fer_ros.core.bags.summary import info
from fer_ros.core.bags.writing.held import write_metadata
from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import sync_folder, write_atomic
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.trash import store

_FORGETTING = ".forgetting-"


@dataclass(slots=True)
class Found:
    """What a file of samples holds of a person.

    :ivar own: samples that show the person; ``others`` the rest.
    :ivar told: whether its facts name the person.
    """

    path: Path
    storage: Storage
    own: int = 0
    others: int = 0
    told: bool = False
    counts: Counter[str] = field(default_factory=Counter)


class Bags:
    """See the module."""

    order = 20

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        parent = bag_folder()
        for folder in folders(parent):
            found = [look(file, person) for file in sorted(folder.iterdir()) if file.is_file()]
            changed = [f for f in found if f is not None and (f.own or f.told)]
            if not changed and not _told(folder, person):
                continue
            own = sum(f.own for f in changed)
            where = folder.relative_to(parent)
            rest = " and the name in its facts" if any(f.told and not f.own for f in changed) or not own else ""
            yield Step(
                f"{where}: {own} samples in {sum(1 for f in changed if f.own)} files{rest}",
                _Clean(folder, person, changed).run,
                lambda folder=folder: os.close(lock(folder)),  # type: ignore[misc]
            )


@dataclass(frozen=True, slots=True)
class _Clean:
    folder: Path
    person: Person
    found: list[Found]

    def run(self) -> None:
        handle = lock(self.folder)
        try:
            for one in self.found:
                if one.own and not one.others:
                    unlink(one.path)
                else:
                    _rewrite(one.path, one.storage, self.person)
            self._tell()
        finally:
            os.close(handle)

    def _tell(self) -> None:
        """Bring what stands beside the files in line with them; a folder without samples goes."""
        folder = self.folder
        sync_folder(folder)
        if (folder / store.FILE).exists():
            if any(storage_of(file) for file in folder.iterdir() if file.is_file()):
                told = {k: self.person.struck(v) if isinstance(v, str) else v for k, v in _entry(folder).items()}
                write_atomic(folder / store.FILE, json.dumps(told, ensure_ascii=False).encode(), mode=0o600)
            else:
                store.empty(folder.parent.parent, folder)
            return
        if not part_files(folder):
            (folder / metadata.FILE).unlink(missing_ok=True)
            for name in [n for n in os.listdir(folder) if n.startswith(".") or n.startswith(metadata.FILE)]:
                (folder / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # of somebody else's
                folder.rmdir()
            return
        stated, _ = bag_facts.from_custom_data(metadata.read(folder).facts)
        (folder / metadata.FILE).unlink(missing_ok=True)
        bag = info(folder)
        kept = {key: self.person.struck(value) for key, value in stated.items() if key != bag_facts.SUBJECT}
        write_metadata(folder, bag.storage, bag.takes, kept)


def folders(parent: Path) -> Iterator[Path]:
    """Every folder below that of the bags that may hold samples: bags, and what is in the trash."""
    with contextlib.suppress(OSError):
        for folder in sorted(parent.iterdir()):
            if folder.name == store.FOLDER:
                for entry in sorted(folder.iterdir()):
                    yield entry
                    yield from (inner for inner in sorted(entry.iterdir()) if inner.is_dir())
            elif folder.is_dir():
                yield folder


def look(path: Path, person: Person) -> Found | None:
    """What a file holds of a person; None for what is no file of samples. Damaged ones are read as far as they go."""
    storage = storage_of(path)
    if storage is None:
        return None
    found = Found(path, storage)
    scan, samples = samples_of(path, storage)
    with contextlib.suppress(ConfigError, OSError):
        for sample in samples:
            if person.is_subject(sample.subject):
                found.own += 1
                person.add_picture(sample.picture)
            else:
                found.others += 1
    found.told = person.named_in_value(scan.facts)
    return found


def _told(folder: Path, person: Person) -> bool:
    """Whether what stands beside the files names the person: ``metadata.yaml``, or what the trash says of its entry."""
    return person.named_in_value([metadata.read(folder).facts, _entry(folder).get("subject")])


def _entry(folder: Path) -> dict[str, Any]:
    """What the trash says of an entry; nothing where it is none, or damaged."""
    with contextlib.suppress(ConfigError):
        content = json_text.read(folder / store.FILE)
        return content if isinstance(content, dict) else {}
    return {}


def _rewrite(path: Path, storage: Storage, person: Person) -> None:
    """The file without the person: it takes the place of the old one in one step."""
    new = path.with_name(f"{_FORGETTING}{path.name}")
    unlink(new)
    scan, samples = samples_of(path, storage)
    rest = (sample for sample in _readable(samples) if not person.is_subject(sample.subject))
    first = next(rest, None)
    if first is None:
        unlink(path)
        return
    writer = storage.make(new, _facts(scan, first, person))
    try:
        for sample in (first, *rest):
            writer.write(sample.stamp, *encode(sample))
        writer.finish()
    except BaseException:
        writer.abandon()
        unlink(new)
        raise
    os.replace(new, path)
    for companion in path.parent.glob(f"{path.name}-*"):
        companion.unlink(missing_ok=True)
    sync_folder(path.parent)


def _readable(samples: Iterator[StoredSample]) -> Iterator[StoredSample]:
    with contextlib.suppress(ConfigError):
        yield from samples


def _facts(scan: Scan, first: StoredSample, person: Person) -> dict[str, str]:
    facts = {key: person.struck(value) for key, value in scan.facts.items()}
    return bag_facts.told({**facts, bag_facts.SUBJECT: first.subject})


place = Bags()
