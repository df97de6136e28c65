"""Discarded takes and bags that can still be brought back, in a folder ``.trash`` beside the bags.

It lies on the same file system, so discarding is a rename. At every moment a thing is whole, in its place or in the
trash. An entry is a folder with :data:`FILE`, which is written first, and the content.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import itertools
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, json_text, paths
from fer_ros.core.base.errors import ConfigError, quoted

FOLDER, FILE = ".trash", "entry.json"
#: Beginning of the name of an entry that is being emptied.
_EMPTIED = ".emptied-"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the trash.

    :ivar bag: name of the bag, or of the take's bag.
    :ivar take: its number; 0 for a whole bag, or for independent pictures.
    :ivar files: name of the file of a take; empty for a whole bag. Earlier versions kept SQLite's log behind it.
    :ivar samples: labelled frames in it.
    :ivar at: when it was discarded, seconds since the epoch.
    """

    path: Path
    bag: str
    take: int
    files: tuple[str, ...]
    label: str
    subject: str
    samples: int
    at: float

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return self.path.name

    @property
    def whole(self) -> bool:
        """Whether it is a whole bag."""
        return not self.files

    @property
    def content(self) -> list[Path]:
        """Its files, or the folder of a bag."""
        return [self.path / name for name in self.files or (self.bag,)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kept = ("name", "bag", "take", "label", "subject", "samples", "at")
        return {key: getattr(self, key) for key in kept}


def put(parent: Path, content: Sequence[Path], entry: Entry) -> Entry:
    """Move a take's files, or a bag's folder, into the trash.

    :param parent: the folder of the bags.
    :param content: what to move, in the order of the entry's files; the first move discards it.
    :param entry: its facts; the path is filled in here.
    :raises OSError: it cannot be moved; it is where it was.
    """
    with _locked(parent) as trash:
        entry = dataclasses.replace(entry, path=_free(trash, entry))
        try:
            _make(entry)
            _move(content, entry.content)
        except BaseException:
            # Not the content, if some of it is there.
            with contextlib.suppress(OSError):
                (entry.path / FILE).unlink(missing_ok=True)
                entry.path.rmdir()
            raise
    return entry


def rename(entry: Entry, bag: str, names: Sequence[str]) -> Entry:
    """Give an entry another name of its bag, and of its files.

    A kill in between leaves the old or the new entry, and an empty folder that :func:`tidy` removes.

    :param names: new names of ``entry.files``.
    :raises OSError: it cannot be moved.
    """
    pairs = [
        (old, name)
        for old, name in zip(entry.content, names or (bag,), strict=True)
        if old.exists() or old == entry.content[0]
    ]
    with _locked(entry.path.parent.parent) as trash:
        new = dataclasses.replace(entry, bag=bag, files=tuple(name for _, name in pairs) if names else ())
        new = dataclasses.replace(new, path=_free(trash, new))
        _make(new)
        # The first one last: until then it is the old entry still.
        _move([old for old, _ in pairs][::-1], new.content[::-1])
        _remove(entry.path)
    return new


def take_out(entry: Entry, target: Path) -> None:
    """Move an entry's content into a folder, and remove the entry.

    :raises ConfigError: something of that name is there already.
    :raises OSError: it cannot be moved; it stays in the trash.
    """
    with _locked(entry.path.parent.parent):
        content = [path for path in entry.content if path.exists()]
        for path in content:
            if (target / path.name).exists():
                raise ConfigError(f"{target / path.name} is there already: move it away, then restore again")
        # The first one last: until then it is an entry still.
        _move(content[::-1], [target / path.name for path in content[::-1]])
        shutil.rmtree(entry.path, ignore_errors=True)


def entries(parent: Path) -> list[Entry]:
    """The entries in the trash of a folder of bags, the newest last. Changes nothing."""
    with contextlib.suppress(OSError):
        found = [_read(path) for path in sorted((parent / FOLDER).iterdir()) if not path.name.startswith(".")]
        return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.at)
    return []


def find(parent: Path, name: str) -> Entry:
    """The entry of that name.

    :raises ConfigError: there is none.
    """
    known = {entry.name: entry for entry in entries(parent)}
    if name not in known:
        shown = ", ".join(known) or "nothing"
        raise ConfigError(f"{quoted(name)} is not in the trash: there is {shown}")
    return known[name]


def empty(parent: Path, path: Path) -> None:
    """Remove an entry for good.

    :param path: of the entry.
    :raises OSError: it cannot be removed.
    """
    with _locked(parent):
        _remove(path)


def leftovers(parent: Path) -> list[Path]:
    """What a crash has left of entries that were emptied or renamed: nothing in it can be brought back."""
    with contextlib.suppress(OSError):
        return [
            path
            for path in sorted((parent / FOLDER).iterdir())
            if path.is_dir() and (path.name.startswith(_EMPTIED) or not {*os.listdir(path)} - {FILE})
        ]
    return []


def tidy(parent: Path, days: float, now: float | None = None) -> list[Entry]:
    """Remove entries older than some days, and leftovers of a crash.

    :param days: how long things stay in the trash.
    :param now: seconds since the epoch.
    :returns: the removed entries.
    :raises OSError: the disk failed.
    """
    if not (parent / FOLDER).is_dir():
        return []
    until = (time.time() if now is None else now) - days * DAY
    with _locked(parent) as trash:
        known = entries(parent)
        old = [entry for entry in known if entry.at < until]
        kept = {entry.path for entry in known} - {entry.path for entry in old}
        for path in trash.iterdir():
            if path.is_dir() and path not in kept:
                _remove(path)
    return old


def _read(path: Path) -> Entry | None:
    """An entry; None if there is none, or if its content has not been moved (yet)."""
    try:
        told = json_text.read(path / FILE)
        entry = Entry(
            path=path,
            bag=paths.check_name("bag", str(told["bag"])),
            take=int(told["take"]),
            files=tuple(Path(str(name)).name for name in told["files"]),
            label=str(told["label"]),
            subject=str(told["subject"]),
            samples=int(told["samples"]),
            at=float(told["at"]),
        )
    except (OSError, ValueError, TypeError, KeyError, ConfigError):
        return None
    return entry if entry.content[0].exists() else None


def _make(entry: Entry) -> None:
    """The folder of an entry, without its content yet."""
    entry.path.mkdir(mode=0o700)
    text = {key: value for key, value in dataclasses.asdict(entry).items() if key != "path"}
    files.write_atomic(entry.path / FILE, json.dumps(text, ensure_ascii=False).encode(), mode=0o600)
    files.sync_folder(entry.path.parent)


def _move(old: Sequence[Path], new: Sequence[Path]) -> None:
    for source, target in zip(old, new, strict=True):
        os.rename(source, target)
    files.sync_folder(new[0].parent)
    files.sync_folder(old[0].parent)


def _remove(path: Path) -> None:
    """Renamed first, so that nobody ever sees half of it."""
    hidden = path if path.name.startswith(_EMPTIED) else path.with_name(f"{_EMPTIED}{path.name}")
    if hidden != path:
        os.rename(path, hidden)
    shutil.rmtree(hidden)
    files.sync_folder(path.parent)
    paths.drop_embeddings()


def _free(trash: Path, entry: Entry) -> Path:
    stem = f"{entry.bag}-{entry.take}" if entry.files else entry.bag
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(trash / name for name in names if not (trash / name).exists())


@contextlib.contextmanager
def _locked(parent: Path) -> Iterator[Path]:
    """The folder of the trash, made if missing and locked against others."""
    trash = paths.private_folder(parent / FOLDER)
    handle = os.open(trash, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield trash
    finally:
        os.close(handle)
