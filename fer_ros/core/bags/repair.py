"""Finishing a bag that was cut off, so that `ros2 bag`, `mcap` and `rosbags` read it too."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path

from fer_ros.core.bags import metadata, sqlite_file
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.messages import encode
from fer_ros.core.bags.part import PartWriter, StorageError
from fer_ros.core.bags.reader import samples_of
from fer_ros.core.bags.sqlite_open import COMPANIONS
from fer_ros.core.bags.storages import BY_SUFFIX, unlink
from fer_ros.core.bags.summary import BagInfo, info
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import sync_folder

_MENDING = ".mending-"


def lock(folder: Path) -> int:
    """Keep other processes from writing a bag until the returned handle is closed.

    :raises ConfigError: another process writes it.
    :raises OSError: the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ConfigError(f"{folder} is being recorded by another process: stop that, or name another bag") from None
    return handle


def repair(folder: Path) -> BagInfo:
    """Finish the files that were cut off and write ``metadata.yaml`` anew. No sample that can be read is lost.

    Of a damaged file the samples before the damage are saved; the file itself is kept under the name ``….damaged``.

    :raises ConfigError: there is no bag, it holds no sample, or another process writes it.
    :raises StorageError: the disk is full; the bag stays as it was.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such bag: give the folder of one")
    try:
        handle = lock(folder)
        try:
            return mend(folder)
        finally:
            os.close(handle)
    except OSError as error:
        why = error.strerror or error
        raise StorageError(f"{folder} cannot be repaired ({why}): free some space on the disk") from error


def mend(folder: Path) -> BagInfo:
    """As :func:`repair`, for who holds the lock."""
    mend_files(folder)
    facts = metadata.read(folder).facts
    # Files that are missing are not to be listed any longer.
    (folder / metadata.FILE).unlink(missing_ok=True)
    found = info(folder)
    found.facts.update(facts)
    metadata.write(folder, found.storage, found.parts, found.facts)
    found.unlisted = []
    return found


def mend_files(folder: Path) -> None:
    """Finish every file; those without any sample are removed."""
    for leftover in folder.glob(f"{_MENDING}*"):
        unlink(leftover)
    for file in part_files(folder):
        _mend_file(file)


def _mend_file(file: Path) -> None:
    scan, samples = samples_of(file)
    count, damage = 0, ""
    try:
        for _ in samples:
            count += 1
    except ConfigError as error:
        damage = str(error)
    if scan.cut and not damage and count and file.suffix == sqlite_file.SUFFIX:
        _mend_database(file)
    elif scan.cut or damage:
        _rewrite(file, bool(damage))


def _mend_database(file: Path) -> None:
    """SQLite mends itself when it is opened for writing."""
    try:
        with contextlib.closing(sqlite3.connect(file)) as base:
            base.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise OSError(None, str(error)) from error


def _rewrite(file: Path, damaged: bool) -> None:
    mended = file.with_name(f"{_MENDING}{file.name}")
    scan, samples = samples_of(file)
    writer: PartWriter | None = None
    try:
        with contextlib.suppress(ConfigError):
            for sample in samples:
                # The facts stand before the first sample, so they are known now.
                writer = writer or BY_SUFFIX[file.suffix].make(mended, scan.facts)
                writer.write(sample.stamp, *encode(sample))
        if writer is not None:
            writer.finish()
    except BaseException:
        if writer is not None:
            writer.abandon()
        unlink(mended)
        raise
    if damaged:
        for suffix in ("", *COMPANIONS):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{file}{suffix}", f"{file}{suffix}.damaged")
    if writer is not None:
        os.replace(mended, file)
    else:
        unlink(file)
    sync_folder(file.parent)
