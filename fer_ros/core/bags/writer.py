"""Writes a bag, one file per take: a finished take is a finished file, a discarded one a file in the trash."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags.folder import last_number
from fer_ros.core.bags.messages import StoredSample, check_subject, encode
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.repair import mend
from fer_ros.core.bags.storages import BY_NAME, DEFAULT, create, unlink
from fer_ros.core.bags.summary import TakeInfo, in_order, info, label_counts
from fer_ros.core.bags.writing.held import HeldFolder, samples_gone, storing, write_metadata
from fer_ros.core.bags.writing.saving import OpenTake, left_behind
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.labels import check_label
from fer_ros.core.base.types import Eyes, Roi
from fer_ros.core.trash.store import Entry

#: Seconds after which what was written is made safe on the disk: half of what is promised, since that takes time too.
SYNC_EVERY = 0.5


class BagWriter(contextlib.AbstractContextManager["BagWriter"]):
    """Writes a bag. One thread calls all methods.

    Once :meth:`write` returns, a sample survives the end of this process, and a second later a loss of power.

    :ivar facts: such as camera and consent, of the takes that begin from now on.
    :ivar lost: why nothing can be written any more, such as a removed folder; empty while all is well.
    """

    def __init__(self, folder: Path, facts: Mapping[str, str], storage: str = DEFAULT) -> None:
        """Make a bag, or continue one: its take numbers go on, and a cut-off part is mended first.

        :param folder: of the bag; made with all above it, readable by the owner alone.
        :param storage: ``mcap`` or ``sqlite3``; an existing bag keeps its own.
        :raises ConfigError: the folder is no bag, damaged, or being recorded by another process.
        :raises StorageError: the folder cannot be made or written.
        """
        if storage not in BY_NAME:
            raise unknown_name("storage", storage, BY_NAME)
        self.folder, self.storage, self.facts = folder, storage, dict(facts)
        self.takes: list[TakeInfo] = []
        self.lost = ""
        self._stated: dict[str, str] = {}
        self._open: OpenTake | None = None
        self._synced = time.monotonic()
        self._unfinished = self._stale = False
        with self._storing("the bag cannot be made"):
            self._held = HeldFolder(folder)
            try:
                self._next, found = self._held.contents()
                if found is not None:
                    self.storage, self.takes, self._stated = found.storage, found.takes, found.facts
                self._write_metadata()
                self._held.clean_up()
            except BaseException:
                self._held.close()
                raise

    @property
    def counts(self) -> dict[str, int]:
        """Samples per label, including the open take."""
        return {label: count for label, count in label_counts(self._all()).items() if count}

    @property
    def samples(self) -> int:
        """Samples in the bag."""
        return sum(take.samples for take in self._all())

    @property
    def taking(self) -> bool:
        """Whether a take is open."""
        return self._open is not None

    def begin_take(self, label: str, subject: str = "", independent: bool = False) -> int:
        """Begin a take; an open one ends first.

        :param independent: the pictures are no neighbours in time, such as imported ones.
        :returns: the take's number, 0 for independent pictures.
        :raises ConfigError: label or subject are not allowed.
        :raises StorageError: the disk is full, or the bag is not there any more.
        """
        check_label(label)
        check_subject(subject)
        self.end_take()
        self._check_folder()
        facts = bag_facts.of_take(self.facts, subject, bag_facts.schema_of(self._stated))
        number = 0 if independent else self._next[1]
        with self._storing("recording cannot begin"):
            writer = create(BY_NAME[self.storage], self._new_file(), facts)
            self._open = OpenTake(TakeInfo(number, label, subject, writer.part, facts), writer)
            self._next = self._next[0], max(self._next[1], number + 1)
            self._held.sync()
        return number

    def write(self, stamp: int, picture: bytes, roi: Roi | None, frame_id: str = "", eyes: Eyes | None = None) -> None:
        """Add a sample to the open take.

        :param stamp: acquisition, nanoseconds.
        :param picture: a JPEG or PNG file, stored as it is.
        :param roi: the face's box; None where no face was found.
        :param eyes: of that face, where they are known.
        :raises ConfigError: no take is open, or the stamp does not fit a message.
        :raises StorageError: the disk is full; the take has ended with all samples before this one.
        """
        if self._open is None:
            raise ConfigError("no take is open: begin one with its label first")
        take, writer = self._open.take, self._open.writer
        sample = StoredSample(stamp, picture, take.label, take.subject, roi, take.number, frame_id, eyes)
        try:
            writer.write(stamp, *encode(sample, bag_facts.schema_of(take.facts)))
            take.part = writer.part
            self.sync_if_due()
        except OSError as error:
            self._open = None
            writer.abandon()
            self._keep(take, finished=False)
            with self._storing("recording has ended"):
                raise error

    def sync_if_due(self) -> None:
        """Sync written samples if the last sync was half a second ago or more. Call it now and then."""
        if self._open is not None and time.monotonic() - self._synced >= SYNC_EVERY:
            self._open.writer.sync()
            self._synced = time.monotonic()

    def check(self) -> tuple[int, int]:
        """Make sure that everything written is still in its place. Call it now and then.

        If not, the open take has ended and is saved as far as possible, and the message says what became of it.

        :returns: the bytes of the bag's files, and those that are free on the disk.
        :raises StorageError: the folder or a file is gone, or the folder cannot be written any more.
        """
        self._check_folder()
        if self._open is not None and self._open.gone:
            self._save_open_take(self._open)
        with self._storing("the bag cannot be read"):
            sizes = self._held.sizes(take.part.name for take in self._all())
        gone = [take for take in self.takes if not sizes.get(take.part.name)]
        if gone:
            self.takes, self._stale = [take for take in self.takes if take not in gone], True
            raise samples_gone(self.folder, gone)
        with self._storing("nothing can be written any more"):
            return sum(sizes.values()), self._held.free()

    def end_take(self) -> int:
        """Finish the open take, if there is one, and make it safe.

        :returns: its samples; a take without any leaves nothing.
        :raises StorageError: the disk is full, and the samples are safe all the same; or the bag is not there any more.
        """
        self._check_folder()
        if self._open is None:
            return 0
        if self._open.gone:
            self._save_open_take(self._open)
        take, writer = self._open.take, self._open.writer
        self._open = None
        try:
            (writer.finish if take.samples else writer.abandon)()
        except OSError as error:
            writer.abandon()
            self._keep(take, finished=False)
            with self._storing("the take has no index"):
                raise error
        self._keep(take)
        with self._storing("the bag's metadata.yaml is not up to date"):
            self._write_metadata()
        return take.part.samples

    def discard_last(self) -> int:
        """Move the open take to the trash, or else the last one.

        :returns: its samples; 0 where there is no take.
        :raises StorageError: the disk failed.
        """
        empty = self._open is not None and not self._open.take.samples
        self.end_take()
        return self._discard(self.takes[-1]) if self.takes and not empty else 0

    def discard(self, number: int) -> int:
        """Discard a take, as :meth:`discard_last`; an open one ends first.

        :returns: its samples.
        :raises ConfigError: there is no take of this number.
        :raises StorageError: the disk failed.
        """
        self.end_take()
        take = next((take for take in self.takes if number and take.number == number), None)
        if take is None:
            known = ", ".join(map(str, self._numbers())) or "none"
            text = f"bag {self.folder.name} has no take {number}: there are {known}"
            raise ConfigError(text, "no_take", take=number)
        return self._discard(take)

    def restore(self, entry: Entry) -> int:
        """Bring a take back from the trash.

        :returns: its samples.
        :raises ConfigError: it does not fit this bag, or is damaged.
        :raises StorageError: the disk failed.
        """
        self._check_folder()
        if not entry.files[0].endswith(BY_NAME[self.storage].suffix) or entry.take in self._numbers():
            raise ConfigError(f"{entry.name} does not fit bag {self.folder.name} any more: move that bag away first")
        with self._storing("the take cannot be restored"):
            self._held.restore(entry)
            found = info(self.folder / entry.files[0]).takes
            self.takes = in_order([*self.takes, *found])
            self._next = max(self._next[0], last_number(entry.files) + 1), max(self._next[1], entry.take + 1)
            self._write_metadata()
        return sum(take.samples for take in found)

    def close(self) -> None:
        """End the open take and close the bag; remove it if it has no sample.

        :raises StorageError: see :meth:`check` and :meth:`end_take`; the bag is closed all the same.
        """
        if not self._held.held:
            return
        with contextlib.ExitStack() as stack:
            stack.callback(self._held.close)
            stack.callback(self._complete)
            self.end_take()
            self.check()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all(self) -> list[TakeInfo]:
        return self.takes if self._open is None else [*self.takes, self._open.take]

    def _numbers(self) -> list[int]:
        return [take.number for take in self.takes if take.number]

    def _keep(self, take: TakeInfo, finished: bool = True) -> None:
        self._unfinished |= not finished
        if take.part.samples:
            self.takes.append(take)
        else:
            unlink(self.folder / take.part.name)

    def _complete(self) -> None:
        """Write what could not be written before: there may be space or a file descriptor again."""
        with self._storing(f"it is not finished, see `fer bags {self.folder.name} --repair`"):
            if self.lost:
                return
            if not self.takes:
                self._held.remove()
            elif self._unfinished:
                mend(self.folder)
            elif self._stale:
                self._write_metadata()

    def _new_file(self) -> Path:
        self._next = self._next[0] + 1, self._next[1]
        return self.folder / f"{self.folder.name}_{self._next[0] - 1}{BY_NAME[self.storage].suffix}"

    def _save_open_take(self, open_take: OpenTake) -> None:
        self._open = None
        lost, file = open_take.take.part, self._new_file()
        with self._storing(f"{lost.name} was removed by somebody, its {lost.samples} samples cannot be saved"):
            self._keep(open_take.save_as(file))
            self._write_metadata()
        end = f"recording has ended, its {lost.samples} samples are saved in {file.name}"
        raise StorageError(f"{self.folder}: {lost.name} was removed while it was written: {end}", "folder_gone")

    def _discard(self, take: TakeInfo) -> int:
        self.takes.remove(take)
        with self._storing("the take cannot be discarded"):
            try:
                # First, so that a crash leaves a file that is not listed rather than a listed one that is missing.
                self._write_metadata()
                self._held.discard(take)
            except OSError:
                self.takes, self._stale = in_order([*self.takes, take]), True
                raise
        return take.samples

    def _write_metadata(self) -> None:
        self._stale = True
        write_metadata(self.folder, self.storage, self.takes, self._stated)
        self._stale = False

    def _check_folder(self) -> None:
        if not self.lost and not self._held.there:
            open_take, self._open = self._open, None
            self.lost = left_behind(self._held, self.storage, self.takes, open_take)
        if self.lost:
            raise StorageError(self.lost, "folder_gone")

    def _storing(self, what: str) -> contextlib.AbstractContextManager[None]:
        return storing(self.folder, what, lambda: bool(self.samples) and self._held.there)
