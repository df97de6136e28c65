"""The take being written, and how it is saved if its file or the bag's folder is moved or removed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fer_ros.core.bags.part import PartWriter
from fer_ros.core.bags.storages import unlink
from fer_ros.core.bags.summary import TakeInfo
from fer_ros.core.bags.writing.held import HeldFolder, write_metadata
from fer_ros.core.base.errors import cure
from fer_ros.core.base.files import sync_folder
from fer_ros.core.base.paths import private_folder

_SAVING = ".saving-"
#: Characters of a bag's name that a saved one keeps, so that it stays a name.
_KEPT = 54


@dataclass(slots=True)
class OpenTake:
    """A take and the writer of its file."""

    take: TakeInfo
    writer: PartWriter
    _identity: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._identity = _identity(self.writer.path)

    @property
    def gone(self) -> bool:
        """Whether the file's name leads to nothing, or to another file."""
        return _identity(self.writer.path) != self._identity

    def save_as(self, file: Path) -> TakeInfo:
        """Write the samples, whole and finished, to another file, and close.

        :raises OSError: it cannot be written; nothing of it stays.
        """
        rescued = file.with_name(f"{_SAVING}{file.name}")
        try:
            self.writer.rescue(rescued)
            unlink(file)
            os.replace(rescued, file)
            sync_folder(file.parent)
        except BaseException:
            unlink(rescued)
            raise
        self.take.part = replace(self.writer.part, name=file.name)
        return self.take


def left_behind(folder: HeldFolder, storage: str, takes: Sequence[TakeInfo], open_take: OpenTake | None) -> str:
    """Save what can be saved: in the folder's new place, else in a new bag beside the removed one.

    :param takes: those finished before; they went with the folder.
    :returns: what happened and where everything is, in one sentence.
    """
    here = folder.moved_to()
    samples = open_take.take.samples if open_take else 0
    saved, failed = here or _beside(folder.path), ""
    if open_take is not None and samples:
        file = saved / (open_take.take.part.name if here else f"{saved.name}_1{open_take.writer.path.suffix}")
        try:
            private_folder(saved)
            take = open_take.save_as(file)
            write_metadata(saved, storage, [*takes, take] if here else [take])
        except OSError as error:
            failed = f"could not be saved ({error.strerror or error}: {cure(error)})"
    elif open_take is not None:
        open_take.writer.abandon()
    if here is not None:
        end = f"the last {samples} samples {failed}" if failed else "all its samples are there"
        return f"{folder.path} was moved to {here} while it was open: recording has ended, {end}"
    before = sum(take.samples for take in takes)
    ends = [f"the {samples} samples of the take {failed or f'are saved in {saved}'}"] if samples else []
    ends += [f"{before} samples of earlier takes are gone with the folder"] if before else []
    what = "; ".join(ends) or "it held no sample yet"
    return f"{folder.path} was removed while it was open: recording has ended, {what}"


def _beside(folder: Path) -> Path:
    """A new folder for what is saved of a removed bag."""
    name = f"{folder.name[:_KEPT]}_saved"
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(folder.with_name(name) for name in names if not folder.with_name(name).exists())


def _identity(path: Path) -> tuple[int, int]:
    """The identity of a file, apart from its name; (0, 0) if there is none."""
    try:
        state = path.stat(follow_symlinks=False)
    except OSError:
        return 0, 0
    return state.st_dev, state.st_ino
