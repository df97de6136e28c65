"""Discards, revises and restores takes and whole bags that nobody has open."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection
from pathlib import Path

from fer_ros.core.bags.folder import DISCARDED
from fer_ros.core.bags.locate import listing
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.repair import lock
from fer_ros.core.bags.storages import BY_SUFFIX
from fer_ros.core.bags.summary import info
from fer_ros.core.bags.writer import BagWriter
from fer_ros.core.bags.writing.finished import Revision
from fer_ros.core.base.errors import ConfigError, cure, disk_code, quoted, unknown_name
from fer_ros.core.base.paths import check_name
from fer_ros.core.trash import store
from fer_ros.core.trash.store import Entry


def discard_take(parent: Path, bag: str, number: int) -> int:
    """Move a take to the trash; remove a bag that has no other.

    :param parent: the folder of the bags.
    :param bag: the name of one.
    :returns: the number of its samples.
    :raises ConfigError: there is no such bag or take, or somebody records into the bag.
    :raises StorageError: the disk failed.
    """
    with BagWriter(_known(parent, bag), {}) as writer:
        return writer.discard(number)


def revise_take(parent: Path, bag: str, number: int, stamps: Collection[int] = (), label: str = "") -> Revision:
    """Take samples out of a take, into the trash or under another label into a take of their own.

    :param stamps: which, nanoseconds; empty: all.
    :param label: their new one; empty: to the trash.
    :raises ConfigError: there is no such bag, take or sample, or somebody records into the bag.
    :raises StorageError: the disk failed.
    """
    with BagWriter(_known(parent, bag), {}) as writer:
        return writer.revise(number, stamps, label)


def delete_bag(parent: Path, bag: str) -> Entry:
    """Move a whole bag to the trash, ours or another program's.

    :raises ConfigError: there is no such bag, or somebody records into it.
    :raises StorageError: the disk failed.
    """
    folder = _known(parent, bag)
    try:
        samples = info(folder).samples
    except ConfigError:
        samples = 0  # damaged, or of another program
    try:
        handle = lock(folder)
        try:
            return store.put(parent, [folder], Entry(folder, bag, 0, (), "", "", samples, time.time()))
        finally:
            os.close(handle)
    except OSError as error:
        text = f"{folder} cannot be deleted ({error.strerror or error}): {cure(error)}"
        raise StorageError(text, disk_code(error)) from error


def newest(parent: Path, bag: str = "", take: int = 0, name: str = "") -> Entry:
    """The entry that was discarded last.

    :param bag: of this bag; empty: of any.
    :param take: this one; 0: any.
    :param name: the entry's own; empty: any.
    :raises ConfigError: nothing of it is in the trash.
    """
    found = [e for e in store.entries(parent) if bag in ("", e.bag) and take in (0, e.take) and name in ("", e.name)]
    if not found and name:
        raise ConfigError(f"{quoted(name)} of bag '{bag}' is not in the trash (any more)", "not_in_trash")
    if not found:
        what = f"take {take} of bag '{bag}'" if take else f"of bag '{bag}' nothing" if bag else "nothing"
        text = f"{what} is in the trash" + (", it was emptied or never discarded" if take else "")
        raise ConfigError(text, "not_in_trash")
    return found[-1]


def restore(parent: Path, entry: Entry) -> int:
    """Bring a take or a bag back from the trash.

    :returns: its samples.
    :raises ConfigError: its place is taken, or somebody records into its bag.
    :raises StorageError: the disk failed.
    """
    if entry.whole:
        try:
            store.take_out(entry, parent)
        except OSError as error:
            text = f"{entry.name} cannot be restored ({error.strerror}): {cure(error)}"
            raise StorageError(text, disk_code(error)) from error
        return entry.samples
    suffix = Path(entry.files[0]).suffix
    if suffix not in BY_SUFFIX:
        raise ConfigError(f"{entry.name} is no take: its file is {entry.files[0]}")
    with BagWriter(parent / entry.bag, {}, BY_SUFFIX[suffix].name) as writer:
        return writer.restore(entry)


def tidy(parent: Path, days: float, now: float | None = None) -> list[Entry]:
    """Finish what a crash left half discarded, and remove old entries from the trash.

    :param days: how long things stay in the trash.
    :param now: seconds since the epoch.
    :returns: the entries removed for good.
    :raises OSError: the disk failed.
    """
    for file in parent.glob(f"*/{DISCARDED}*"):
        with contextlib.suppress(ConfigError, StorageError):  # somebody records into it, or it is damaged
            _discard_hidden(file)
    return store.tidy(parent, days, now)


def _discard_hidden(file: Path) -> None:
    """Finish what older versions began: they renamed a file before they removed it."""
    name = file.name.removeprefix(DISCARDED)
    if Path(name).suffix not in BY_SUFFIX or file.is_symlink() or file.with_name(name).exists():
        return
    os.rename(file, file.with_name(name))
    with BagWriter(file.parent, {}) as writer:
        for take in [take for take in writer.takes if take.part.name == name and take.number]:
            writer.discard(take.number)


def _known(parent: Path, bag: str) -> Path:
    if not bag:
        raise ConfigError("no bag is open: name the one that is meant", "no_bag")
    folder = parent / check_name("bag", bag)
    if folder not in (known := listing(parent)):
        raise unknown_name("bag", bag, [path.name for path in known])
    return folder
