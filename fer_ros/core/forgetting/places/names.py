"""What is called after the person gets a neutral name: folders of bags, entries of the trash, and models.

It comes last, because what was found before is told by the old names. The journal knows the new ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.bags.mending.folding import fold
from fer_ros.core.bags.repair import lock
from fer_ros.core.base import paths
from fer_ros.core.base.files import sync_folder, write_atomic
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.names import of_a_bag
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.forgetting.places.bags import names_taken
from fer_ros.core.forgetting.places.models import bags_of, own, taught, told_by
from fer_ros.core.forgetting.reading import look
from fer_ros.core.forgetting.rewriting import told_anew
from fer_ros.core.trash import store


class Called:
    """See the module."""

    order = 40

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        parent, taken = bag_folder(), names_taken()
        with contextlib.suppress(FileNotFoundError):
            for folder in sorted(parent.iterdir()):
                if folder.is_dir() and folder.name != store.FOLDER and _stays(folder, person):
                    new = person.names.whole(folder.name, taken)
                    yield Step(
                        f"bag {folder.name}: is called {new} from now on",
                        _Folder(folder, new).run,
                        lambda folder=folder: os.close(lock(folder)),  # type: ignore[misc]
                    )
        for entry in store.entries(parent):
            named = any(person.named_in(name) for name in (entry.name, entry.bag, *entry.files))
            if named and any(_holds(path, person) for path in entry.content if path.exists()):
                new = person.names.whole(entry.bag, taken)
                yield Step(f".trash/{entry.name}: is of bag {new} from now on", _Entry(entry, person, new).run)
        for path in store.leftovers(parent):
            yield Step(f".trash/{path.name}: what a kill has left of it is removed", _Leftover(path).run)
        told = {path.name: told_by(path) for path in own()}
        gone = taught(told, person, bags_of(person))
        for folder in own():
            data = told[folder.name].get("data")
            # Taught anew, a model tells of its bags and its base again, but no more of the person.
            kept = [folder.name, data.get("bags"), data.get("base")] if teach_anew and isinstance(data, dict) else []
            if person.named_in_value(kept) if folder.name in gone else _names(folder, person):
                new = person.names.whole(folder.name, taken)
                called = f"is called {new} from now on, and " if new != folder.name else ""
                yield Step(f"model {folder.name}: {called}loses the name", _Model(folder.name, new, person).run)
        if any(person.named_in(name) for name in paths.selections()):
            yield Step("the list of selected models: loses the name", _Selected(person).run)


@dataclass(frozen=True, slots=True)
class _Folder:
    folder: Path
    new: str

    def run(self) -> None:
        if not self.folder.is_dir():
            return  # nothing was left in it
        handle = lock(self.folder)
        try:
            os.rename(self.folder, self.folder.with_name(self.new))
            sync_folder(self.folder.parent)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class _Entry:
    entry: store.Entry
    person: Person
    bag: str

    def run(self) -> None:
        if self.entry.content[0].exists():
            if self.entry.files:
                fold(self.entry.content[0])
            files = [self.person.names.file(self.entry.bag, name, ()) for name in self.entry.files]
            store.rename(self.entry, self.bag, files)


@dataclass(frozen=True, slots=True)
class _Leftover:
    path: Path

    def run(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # gone already
            store.empty(self.path.parent.parent, self.path)


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    new: str
    person: Person

    def run(self) -> None:
        folder = paths.fer_home() / "models" / self.name
        if not folder.is_dir():
            return
        text = self.person.renamed
        found = Bundle.load(folder)
        changed = dataclasses.replace(
            found,
            name=self.new,
            path=folder.with_name(self.new),
            data=told_anew(found.data, text),
            quality=told_anew(found.quality, text),
            recipe=told_anew(found.recipe, text),
        )
        files = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
        files = {name: _in_text(data, self.person) for name, data in files.items() if name != paths.MODEL_FILE}
        contents = {name: data for name, data in files.items() if name in found.checksums}
        pictures = {text(name): data for name, data in files.items() if name not in contents}
        with model_store.exclusive():
            # A kill may have left a whole one under the new name.
            bundles.write(changed, contents, replace=True, pictures=pictures)
        if self.new != self.name:
            _Selected(self.person).run()
            model_store.delete(self.name)


@dataclass(frozen=True, slots=True)
class _Selected:
    person: Person

    def run(self) -> None:
        names = [self.person.names.known.get(name, name) for name in paths.selections()]
        text = "".join(f"{name}\n" for name in names if not self.person.named_in(name))
        write_atomic(paths.selection_file(), text.encode(), mode=0o600)


def _stays(folder: Path, person: Person) -> bool:
    """Whether a folder is called after the person, and something is left in it without them."""
    return person.named_in(folder.name) and _holds(folder, person)


def _holds(path: Path, person: Person) -> bool:
    """Whether a folder or file holds anything but what is removed of the person."""
    if not path.is_dir():
        found = look(path, person)
        return found is None or found.stays
    files = [file for file in path.iterdir() if of_a_bag(file.name)]
    return any(_holds(file, person) for file in files) or not files


def _names(folder: Path, person: Person) -> bool:
    """Whether a model's name, or a text in its folder, holds the person's name."""
    files = [file for file in folder.iterdir() if file.is_file()]
    texts = [file.read_bytes() for file in files if file.suffix in (".md", ".json", ".yaml")]
    return (
        any(person.named_in(path.name) for path in (folder, *files))
        or person.named_in_value(told_by(folder))
        or any(person.named_in(text.decode("utf-8", "replace")) for text in texts)
    )


def _in_text(data: bytes, person: Person) -> bytes:
    try:
        before = data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    return person.renamed(before).encode("utf-8") if person.named_in(before) else data


place = Called()
