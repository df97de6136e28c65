"""Every file of samples below the folder of the bags: bags, trash, and what repair has put aside."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.bags import metadata
from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.bags.mending import swap
from fer_ros.core.bags.repair import lock
from fer_ros.core.bags.storages import storage_of, unlink
from fer_ros.core.base import json_text, paths, yaml_files
from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.files import sync_folder, write_atomic
from fer_ros.core.forgetting.names import of_a_bag
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step, counted
from fer_ros.core.forgetting.reading import SCRATCH, Found, look
from fer_ros.core.forgetting.rewriting import rewrite
from fer_ros.core.forgetting.telling import tell
from fer_ros.core.trash import store


class Bags:
    """See the module."""

    order = 20

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        parent = bag_folder()
        taken = names_taken()
        for folder in folders(parent):
            inside = [file for file in sorted(folder.iterdir()) if file.is_file() and not _is_scratch(file)]
            files = _new_names(folder, [file.name for file in inside], person, taken)
            found = [seen for file in inside if (seen := look(file, person)) is not None]
            # rosbag2 keeps its file's name in each file.
            named = [seen for seen in found if seen.path.name in files and seen.messages and not seen.damaged]
            changed = [seen for seen in found if seen.touched or seen in named]
            copies = [file for file in inside if _is_old_metadata(file) and _in_copy(file, person)]
            halfway = any(_is_scratch(file) for file in folder.iterdir())
            if not (changed or files or copies or halfway or _told(folder, person)):
                continue
            text = [_text(changed)] if any(seen.touched for seen in changed) or not (files or copies) else []
            text += [f"{file.name} loses the name" for file in copies]
            gone = {seen.path.name for seen in changed if not seen.stays}
            stay = [new for old, new in files.items() if old not in gone]
            text += [f"files in it are called {', '.join(stay[:4])} from now on"] if stay else []
            yield Step(
                f"{folder.relative_to(parent)}: {'; '.join(text)}",
                _Clean(folder, person, changed, copies, files).run,
                lambda folder=folder: os.close(lock(folder)),  # type: ignore[misc]
            )


@dataclass(frozen=True, slots=True)
class _Clean:
    """:ivar files: old name → new name of those of its files that are called after the person."""

    folder: Path
    person: Person
    found: list[Found]
    copies: list[Path]
    files: dict[str, str]

    def run(self) -> None:
        if not self.folder.is_dir():
            return  # what a kill had left in an entry of the trash went with the entry's own step
        handle = lock(self.folder)
        try:
            swap.finish(self.folder)
            for one in self.found:
                if not one.path.exists():
                    continue  # a half-written copy, or one that has taken its place now
                if one.stays:
                    rewrite(one, self.person, self.files)
                else:
                    unlink(one.path)
            for copy in self.copies:
                _strike(copy, self.person, self.files)
            for file in [file for file in self.folder.iterdir() if _is_scratch(file)]:
                unlink(file)
            if not _entry(self.folder):  # those of a take in the trash are renamed with their entry
                for old, new in self.files.items():
                    if (self.folder / old).exists():
                        os.rename(self.folder / old, self.folder / new)
            self._tell()
        finally:
            os.close(handle)

    def _tell(self) -> None:
        """Update what stands beside the files; remove a folder without samples."""
        folder = self.folder
        sync_folder(folder)
        if (folder / store.FILE).exists():
            if any(storage_of(file) or file.is_dir() for file in folder.iterdir()):
                told = _entry(folder)
                told["subject"] = self.person.struck(str(told.get("subject", "")))
                write_atomic(folder / store.FILE, json.dumps(told, ensure_ascii=False).encode(), mode=0o600)
            else:
                store.empty(folder.parent.parent, folder)
        elif any(of_a_bag(name) for name in os.listdir(folder)):
            tell(folder, self.person, self.files, [one.path.name for one in self.found if not one.stays])
        else:
            for name in [n for n in os.listdir(folder) if n.startswith(".") or n.startswith(metadata.FILE)]:
                (folder / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # of somebody else's
                folder.rmdir()


def names_taken() -> set[str]:
    """The names that bags and models have, also those in the trash, and those that models tell of."""
    taken = set(os.listdir(paths.fer_home() / "models")) if (paths.fer_home() / "models").is_dir() else set()
    for folder in folders(bag_folder()):
        taken |= {folder.name, str(_entry(folder).get("bag"))}
    for model in (paths.fer_home() / "models").glob(f"*/{paths.MODEL_FILE}"):
        with contextlib.suppress(ConfigError, AttributeError, TypeError):
            data = yaml_files.read(model)["data"]
            taken |= {str(name) for name in (*(data.get("bags") or ()), data.get("base"))}
    return taken


def _new_names(folder: Path, inside: list[str], person: Person, taken: set[str]) -> dict[str, str]:
    entry = _entry(folder)
    bag = str(entry.get("bag") or folder.name)
    person.names.whole(bag, taken)
    listed = entry.get("files")
    known = [*inside, *metadata.read(folder).parts, *(map(str, listed) if isinstance(listed, list) else ())]
    files = {name: person.names.file(bag, name, inside) for name in known if of_a_bag(name)}
    return {old: new for old, new in files.items() if new != old}


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
    text = f"{counted(own, 'sample')} in {counted(sum(1 for f in changed if f.own), 'file')}"
    if not own or any(found.told and not found.own for found in changed):
        text += " and the name in its facts"
    counts: Counter[str] = Counter()
    for found in changed:
        counts.update(found.further)
    if counts:
        topics = ", ".join(quoted(topic) for topic in sorted(counts)[:8])
        kept = f"{counted(counts.total(), 'message')} of other topics stay ({topics})"
        text += f"; {kept}: look whether they show the person"
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


def _is_old_metadata(file: Path) -> bool:
    return file.name != metadata.FILE and file.name.startswith(f"{metadata.FILE}.")


def _in_copy(file: Path, person: Person) -> bool:
    data = file.read_bytes()
    return person.named_in_bytes(data) or person.named_in(data.decode("utf-8", "replace"))


def _strike(copy: Path, person: Person, files: Mapping[str, str]) -> None:
    """Take the name out of a ``metadata.yaml`` that nobody could read; remove it if that is not enough."""
    text = copy.read_bytes().decode("utf-8", "surrogateescape")
    for old, new in files.items():
        text = text.replace(old, new)
    write_atomic(copy, person.renamed(text).encode("utf-8", "surrogateescape"), mode=0o600)
    if _in_copy(copy, person):
        copy.unlink()


place = Bags()
