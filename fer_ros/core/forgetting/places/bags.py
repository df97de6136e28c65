"""Every file of samples below the folder of the bags: bags, trash, and what repair has put aside."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.bags.messages import StoredSample, encode
from fer_ros.core.bags.repair import lock
from fer_ros.core.bags.storages import storage_of, unlink
from fer_ros.core.bags.summary import info
from fer_ros.core.bags.writing.held import write_metadata
from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import sync_folder, write_atomic
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.forgetting.reading import SCRATCH, Found, look
from fer_ros.core.trash import store


class Bags:
    """See the module."""

    order = 20

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        parent = bag_folder()
        for folder in folders(parent):
            found = [look(f, person) for f in sorted(folder.iterdir()) if f.is_file() and not _is_scratch(f)]
            changed = [f for f in found if f is not None and f.touched]
            halfway = any(_is_scratch(file) for file in folder.iterdir())
            if not changed and not halfway and not _told(folder, person):
                continue
            yield Step(
                f"{folder.relative_to(parent)}: {_text(changed)}",
                _Clean(folder, person, changed).run,
                lambda folder=folder: os.close(lock(folder)),  # type: ignore[misc]
            )


@dataclass(frozen=True, slots=True)
class _Clean:
    folder: Path
    person: Person
    found: list[Found]

    @property
    def _aside(self) -> Path:
        return self.folder / f"{SCRATCH}{metadata.FILE}"

    def run(self) -> None:
        handle = lock(self.folder)
        try:
            for one in self.found:
                if one.others:
                    _rewrite(one, self.person)
                else:
                    unlink(one.path)
            if self._aside.exists() and not (self.folder / metadata.FILE).exists():
                os.replace(self._aside, self.folder / metadata.FILE)
            for file in [file for file in self.folder.iterdir() if _is_scratch(file)]:
                unlink(file)
            self._tell()
        finally:
            os.close(handle)

    def _tell(self) -> None:
        """Update what stands beside the files; remove a folder without samples."""
        folder = self.folder
        sync_folder(folder)
        if (folder / store.FILE).exists():
            if any(storage_of(file) for file in folder.iterdir() if file.is_file()):
                # The names of the bag and its files stay: without them the entry could not be restored.
                told = _entry(folder)
                told["subject"] = self.person.struck(str(told.get("subject", "")))
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
        # What it says is not to be merged into what the files say. A kill brings it back.
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder / metadata.FILE, self._aside)
        bag = info(folder)
        kept = {key: self.person.struck(value) for key, value in stated.items() if key != bag_facts.SUBJECT}
        write_metadata(folder, bag.storage, bag.takes, kept)
        self._aside.unlink(missing_ok=True)


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


def _text(changed: list[Found]) -> str:
    own = sum(found.own for found in changed)
    text = f"{own} samples in {sum(1 for f in changed if f.own)} files"
    if not own or any(found.told and not found.own for found in changed):
        text += " and the name in its facts"
    lost = [found.path.name for found in changed if found.damaged]
    return text + (f"; what cannot be read of {', '.join(lost)} may be theirs and goes, too" if lost else "")


def _is_scratch(path: Path) -> bool:
    return path.name.startswith(SCRATCH)


def _told(folder: Path, person: Person) -> bool:
    """Whether ``metadata.yaml`` or the trash's note of its entry names the person."""
    return person.named_in_value([metadata.read(folder).facts, _entry(folder).get("subject")])


def _entry(folder: Path) -> dict[str, Any]:
    """The trash's note of an entry; empty if there is none, or it is damaged."""
    with contextlib.suppress(ConfigError):
        content = json_text.read(folder / store.FILE)
        return content if isinstance(content, dict) else {}
    return {}


def _rewrite(found: Found, person: Person) -> None:
    """Write the file without the person; it replaces the old one in one step."""
    path = found.path
    new = path.with_name(f"{SCRATCH}{path.name}")
    unlink(new)
    with found.samples() as samples:
        rest = (sample for sample in samples if not person.is_subject(sample.subject))
        first = next(rest)
        writer = found.storage.make(new, _facts(found, first, person))
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


def _facts(found: Found, first: StoredSample, person: Person) -> dict[str, str]:
    facts = {key: person.struck(value) for key, value in found.facts.items()}
    return bag_facts.told({**facts, bag_facts.SUBJECT: first.subject})


place = Bags()
