"""Writes a bag, one file per take: a finished take is a finished file, a discarded one a file in the trash."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags.messages import StoredSample, check_subject, encode
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.repair import mend
from fer_ros.core.bags.storages import BY_NAME, DEFAULT, create, unlink
from fer_ros.core.bags.summary import BagInfo, TakeInfo, label_counts
from fer_ros.core.bags.writing.finished import FinishedTakes, Revision
from fer_ros.core.bags.writing.held import HeldFolder, samples_gone, storing
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
        self.folder, self.facts = folder, dict(facts)
        self.lost = ""
        self._open: OpenTake | None = None
        self._synced = time.monotonic()
        self._unfinished = False
        found: BagInfo | None = None
        with storing(folder, "the bag cannot be made", lambda: found is not None):
            self._held = HeldFolder(folder)
            try:
                after, found = self._held.contents()
                self._finished = FinishedTakes(self._held, found.storage if found else storage, found, after)
                self._finished.write_metadata()
                self._held.clean_up()
            except BaseException:
                self._held.close()
                raise

    @property
    def storage(self) -> str:
        """``mcap`` or ``sqlite3``."""
        return self._finished.storage

    @property
    def takes(self) -> list[TakeInfo]:
        """The finished takes, by their numbers."""
        return self._finished.all

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
        facts = bag_facts.of_take(self.facts, subject, bag_facts.schema_of(self._finished.stated))
        with self._storing("recording cannot begin"):
            writer = create(BY_NAME[self.storage], self._finished.new_file(), facts)
            number = 0 if independent else self._finished.new_number()
            self._open = OpenTake(TakeInfo(number, label, subject, writer.part, facts), writer)
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
            self._finished.all, self._finished.stale = [take for take in self.takes if take not in gone], True
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
            self._finished.write_metadata()
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
        return self._discard(self._finished.of(number))

    def restore(self, entry: Entry) -> int:
        """Bring samples back from the trash, into the take that they come from.

        :returns: how many.
        :raises ConfigError: they do not fit this bag, or are damaged.
        :raises StorageError: the disk failed.
        """
        self._check_folder()
        with self._storing("the samples cannot be restored"):
            return self._finished.restore(entry)

    def revise(self, number: int, stamps: Collection[int] = (), label: str = "") -> Revision:
        """Take samples out of a take, see :meth:`fer_ros.core.bags.writing.finished.FinishedTakes.revise`.

        :param stamps: which, nanoseconds; empty: all.
        :param label: their new one; empty: to the trash.
        :raises ConfigError: there are no such samples, or the label is not allowed.
        :raises StorageError: the disk failed.
        """
        self.end_take()
        with self._storing("the samples cannot be changed"):
            return self._finished.revise(number, stamps, label)

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
            elif self._finished.stale:
                self._finished.write_metadata()

    def _save_open_take(self, open_take: OpenTake) -> None:
        self._open = None
        lost, file = open_take.take.part, self._finished.new_file()
        with self._storing(f"{lost.name} was removed by somebody, its {lost.samples} samples cannot be saved"):
            self._keep(open_take.save_as(file))
            self._finished.write_metadata()
        end = f"recording has ended, its {lost.samples} samples are saved in {file.name}"
        raise StorageError(f"{self.folder}: {lost.name} was removed while it was written: {end}", "folder_gone")

    def _discard(self, take: TakeInfo) -> int:
        with self._storing("the take cannot be discarded"):
            self._finished.discard(take)
        return take.samples

    def _check_folder(self) -> None:
        if not self.lost and not self._held.there:
            open_take, self._open = self._open, None
            self.lost = left_behind(self._held, self.storage, self.takes, open_take)
        if self.lost:
            raise StorageError(self.lost, "folder_gone")

    def _storing(self, what: str) -> contextlib.AbstractContextManager[None]:
        return storing(self.folder, what, lambda: bool(self.samples) and self._held.there)
