"""Mends a cut-off or damaged bag without loss, so that `ros2 bag`, `mcap` and `rosbags` can read it too.

It first finds out what is wrong, whose the bag is, and whether a program writes to it. Then it writes new files beside
the old ones and compares them. Only then the two change places, and the old ones stay as backups.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.mending import busy, mcap_salvage, sqlite_salvage, swap, telling
from fer_ros.core.bags.mending.examine import Examined, check, check_ours, examine
from fer_ros.core.bags.mending.report import Mended
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.reader import Bag
from fer_ros.core.bags.storages import unlink
from fer_ros.core.bags.summary import BagInfo, info, summary
from fer_ros.core.base.errors import ConfigError, cure


@dataclass(slots=True)
class Repaired:
    """The outcome of a repair.

    :ivar info: the bag as it is now.
    :ivar files: those written anew; none if the bag was whole.
    :ivar missing: files that ``metadata.yaml`` named and that are not there.
    :ivar told: ``metadata.yaml`` was written anew.
    """

    info: BagInfo
    files: list[Mended] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    told: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.info.to_dict(), "repaired": [file.to_dict() for file in self.files], "missing": self.missing}


def lock(folder: Path) -> int:
    """Keep other processes from writing to a bag until the returned handle is closed.

    :raises ConfigError: another process writes it.
    :raises OSError: the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        text = f"{folder} is being recorded by another process: stop that, or name another bag"
        raise ConfigError(text, "bag_elsewhere") from None
    return handle


def repair(folder: Path) -> Repaired:
    """Save all that can be read of a bag's files into new ones, and write ``metadata.yaml`` anew.

    A whole bag stays byte for byte as it is.

    :raises ConfigError: there is no bag, it is not ours, somebody writes it, or nothing in it can be read. It stays as
        it was.
    :raises StorageError: the disk is full or read-only; the bag stays as it was.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such bag: give the folder of one")
    with _locked(folder):
        return _mend(folder, keep_all=True)


def discard_backups(folder: Path) -> list[str]:
    """Delete the backups of repairs for good.

    :returns: the names of the deleted files.
    :raises ConfigError: somebody writes the bag.
    :raises StorageError: they cannot be deleted.
    """
    with _locked(folder):
        names = []
        for file in swap.backups(folder):
            file.unlink(missing_ok=True)
            names.append(file.name)
        return names


def mend(folder: Path) -> BagInfo:
    """As :func:`repair`, for a caller with the lock. Keeps a backup only if messages were lost."""
    return _mend(folder, keep_all=False).info


def mend_files(folder: Path) -> None:
    """Finish what a crash interrupted, and remove files without content, for a caller with the lock."""
    swap.finish(folder)
    for file in part_files(folder):
        if not file.is_symlink() and examine(file).empty:
            unlink(file)


def _mend(folder: Path, keep_all: bool) -> Repaired:
    check(folder, watch=keep_all)
    files = part_files(folder)
    before = busy.moment(files)
    found = [examine(file) for file in files]
    if not found:
        raise ConfigError(f"{folder} is no bag: it holds neither a file .mcap nor .db3, so nothing was changed")
    check_ours(folder, found)
    swap.finish(folder)
    if before != busy.moment(files):  # a crash had interrupted a repair
        found = [examine(file) for file in files]
        before = busy.moment(files)
    empty = [file for file in found if file.empty]
    if len(empty) == len(found):
        raise ConfigError(f"{folder} holds nothing yet: nothing was changed")
    broken = [file for file in found if not file.whole and file not in empty]
    try:
        stated = metadata.read(folder).facts
        reports = [_write(file, bag_facts.of_file(stated, file.path.name)) for file in broken]
        for file, report in zip(broken, reports, strict=True):
            _compare(file, report)
        if len(broken) == len(found) and not any(report.kept for report in reports):
            raise ConfigError(f"{folder}: nothing in its files can be read; they are left as they are")
        if busy.moment(files) != before or busy.writer(files):
            raise ConfigError(f"{folder} is being written by another program: it is left as it is; stop that first")
    except BaseException:
        for file in broken:
            unlink(_mending(file.path))
        raise
    for file, report in zip(broken, reports, strict=True):
        if file.damage and not report.damage:
            report.damage.append(file.damage)
        _exchange(file.path, report, keep=keep_all or bool(file.damage or report.lost))
    for file in empty:
        unlink(file.path)
    missing = [name for name in metadata.read(folder).parts if not (folder / name).exists()]
    keep = keep_all or any(report.backup for report in reports)
    told = _tell(folder, bool(reports), keep)
    return Repaired(info(folder), reports, missing, told)


def _write(file: Examined, facts: dict[str, str]) -> Mended:
    """Write ``.mending-X`` beside a file X."""
    mending = _mending(file.path)
    unlink(mending)
    if isinstance(file.survey, mcap_salvage.Survey):
        report = mcap_salvage.salvage(file.path, mending, file.survey, facts)
    elif file.damage:
        assert file.survey is not None
        report = sqlite_salvage.salvage(file.path, mending, file.survey, facts)
    else:
        report = sqlite_salvage.finished(file.path, mending, sum(file.scan.counts.values()))
    os.chmod(mending, 0o600)
    return report


def _compare(file: Examined, report: Mended) -> None:
    """Make sure that the new file is whole and holds what the report says, and never less than the old one gave.

    :raises ConfigError: it does not.
    """
    if not report.kept:
        return
    new = examine(_mending(file.path))
    kept = sum(new.scan.counts.values())
    same = file.damage or new.checksum == file.checksum
    if not new.whole or kept != report.kept or kept < sum(file.scan.counts.values()) or not same:
        raise ConfigError(
            f"{file.path} cannot be mended: the new file would not hold all of it "
            f"({new.damage or f'{kept} messages'}); it is left as it is"
        )


def _exchange(file: Path, report: Mended, keep: bool) -> None:
    if not report.kept:
        report.backup = swap.put_aside(file).name
        unlink(_mending(file))
        return
    if keep:
        report.backup = swap.keep(file).name
    swap.exchange(file)


def _tell(folder: Path, changed: bool, keep: bool) -> bool:
    """Write ``metadata.yaml`` anew, if it does not match the files.

    :returns: whether it was written.
    """
    stated, files = metadata.read(folder), part_files(folder)
    bag = Bag(folder, files, stated)
    found = summary(bag)
    if not changed and list(stated.parts) == found.files:
        return False
    # One that can be read is told anew with all that it says; a copy would only keep names that are to be forgotten.
    if keep and not stated.parts and (folder / metadata.FILE).exists():
        swap.keep(folder / metadata.FILE)
    custom = bag_facts.to_custom_data(found.facts, {take.part.name: take.facts for take in found.takes})
    telling.write(folder, found.storage, found.parts, custom, bag.scans)
    return True


def _mending(file: Path) -> Path:
    return file.with_name(f"{swap.MENDING}{file.name}")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        handle = lock(folder)
        try:
            yield
        finally:
            os.close(handle)
    except OSError as error:
        raise StorageError(f"{folder} cannot be repaired ({error.strerror or error}): {cure(error)}") from error
