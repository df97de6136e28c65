"""Bags at an address, such as ``s3://fleet/robot7``: copied once into a private folder below ``$FER_HOME``.

A copy is found by the address, sizes and marks of its files, so what has changed there is fetched anew. The folder is
bounded; the copies that were unused for longest go first. All go when a person is forgotten.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.storages import BY_SUFFIX
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError, cure, quoted, reason
from fer_ros.core.bundles.model_store import check_space
from fer_ros.core.carrying.place import Absent, Folder, Remote, Stored, place

#: Bytes of all copies at most.
MAX_BYTES = 50_000_000_000

#: Called with bytes done, bytes in all, and what is fetched.
Progress = Callable[[int, int, str], None]


def bags_at(address: str, progress: Progress = lambda done, total, name: None) -> list[Path]:
    """The bags at an address, as folders of this machine: the one that it names, or all below it.

    :param address: ``file://…``, which is used as it is, or an address of fsspec.
    :raises ConfigError: there is no bag, or more than is allowed.
    :raises FerError: it cannot be read, changes meanwhile, or the disk is full.
    """
    source = place(address.rstrip("/"))
    if isinstance(source, Folder):
        return [Path(source.shown)]
    try:
        found = _bags(source)
    except Absent as error:
        raise ConfigError(f"no bag lies at {source.shown}: look at the address") from error
    if not found:
        raise ConfigError(f"no bag lies at {source.shown}: a bag is a folder with {' or '.join(BY_SUFFIX)} files")
    total = sum(file.bytes for bag in found.values() for file in bag)
    if total > MAX_BYTES:
        raise ConfigError(
            f"the bags at {source.shown} have {total >> 20} MB, and {MAX_BYTES >> 20} MB are fetched at most: name "
            "fewer, or mount the place as a folder"
        )
    with _locked() as folder:
        targets = {name: folder / _key(source, name, bag) / _called(source, name) for name, bag in found.items()}
        absent = {name: bag for name, bag in found.items() if not targets[name].is_dir()}
        needed, done = sum(file.bytes for bag in absent.values() for file in bag), 0
        _make_room(folder, {target.parent for target in targets.values()}, MAX_BYTES - needed)
        check_space(folder, needed)
        for name, bag in absent.items():
            for size in _fetch(source, name, bag, targets[name]):
                done += size
                progress(done, needed, name or targets[name].name)
        for target in targets.values():
            os.utime(target.parent)
    return list(targets.values())


def _bags(source: Remote) -> dict[str, list[Stored]]:
    """Path of each bag below the address, empty for the address itself → its files."""
    folders: dict[str, list[Stored]] = {}
    for file in source.files():
        folder, _, name = file.name.rpartition("/")
        if not name.startswith(".") and (Path(name).suffix in BY_SUFFIX or name == metadata.FILE):
            folders.setdefault(folder, []).append(file)
    return {folder: bag for folder, bag in folders.items() if any(Path(file.name).suffix in BY_SUFFIX for file in bag)}


def _fetch(source: Remote, name: str, bag: list[Stored], target: Path) -> Iterator[int]:
    """Copy a bag; gives the bytes of each file as it is there. The folder appears when it is whole."""
    temporary = Path(tempfile.mkdtemp(prefix=".fetching.", dir=target.parent.parent))
    try:
        whole = temporary / target.name
        whole.mkdir(mode=0o700)
        for file in bag:
            copy = whole / Path(file.name).name
            source.fetch(file.name, copy)
            if copy.stat().st_size != file.bytes:
                raise _changed(source, name)
            yield file.bytes
        if _bags(source).get(name) != bag:
            raise _changed(source, name)
        os.rename(temporary, target.parent)
    except OSError as error:
        raise FerError(f"{target} cannot be written ({error.strerror or reason(error)}): {cure(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _changed(source: Remote, name: str) -> FerError:
    return FerError(
        f"the bag {source.shown}/{name} changed or vanished while it was read: call again when it is closed there"
    )


@contextlib.contextmanager
def _locked() -> Iterator[Path]:
    """The folder of the copies; one process at a time fetches, and what a killed one left is removed."""
    folder = paths.fetched_folder()
    try:
        paths.private_folder(folder)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise FerError(f"{folder} cannot be made ({error.strerror}): {cure(error)}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FerError("another command fetches bags already: wait for it") from None
        for left in folder.glob(".fetching.*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder
    finally:
        os.close(handle)


def _make_room(folder: Path, kept: set[Path], most: int) -> None:
    """Remove the copies that were unused for longest, but for those that are needed now."""
    copies = sorted((copy.stat().st_mtime, copy) for copy in folder.iterdir())
    sizes = {copy: sum(file.stat().st_size for file in copy.rglob("*") if file.is_file()) for _, copy in copies}
    total = sum(sizes.values())
    for _, copy in copies:
        if total <= most:
            return
        if copy not in kept:
            shutil.rmtree(copy, ignore_errors=True)
            total -= sizes[copy]


def _key(source: Remote, name: str, bag: list[Stored]) -> str:
    return hashlib.sha256(repr((source.shown, name, bag)).encode()).hexdigest()[:32]


def _called(source: Remote, name: str) -> str:
    """What the copy's folder is called: as the bag is there, since splits and reports name bags."""
    last = f"{source.shown}/{name}".rstrip("/").rpartition("/")[2]
    if not last.isprintable() or last in ("", ".", ".."):
        raise ConfigError(f"{source.shown}: the bag {quoted(last)} has a name that no folder can have")
    return last
