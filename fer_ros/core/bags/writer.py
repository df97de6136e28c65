"""Writing a bag, one file per take: a finished take is a finished file, and a discarded one leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from fer_ros import __version__
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import DISCARDED, check_empty, last_number, part_files
from fer_ros.core.bags.messages import StoredSample, check_subject, encode
from fer_ros.core.bags.part import PartWriter, StorageError
from fer_ros.core.bags.repair import lock, mend, mend_files
from fer_ros.core.bags.sqlite_open import COMPANIONS
from fer_ros.core.bags.storages import BY_NAME, DEFAULT, create, unlink
from fer_ros.core.bags.summary import TakeInfo, info
from fer_ros.core.base.errors import ConfigError, FerError, unknown_name
from fer_ros.core.base.files import sync_folder
from fer_ros.core.base.labels import check_label
from fer_ros.core.base.paths import private_folder
from fer_ros.core.base.types import Roi

#: What the messages of a bag mean; counted up when that changes.
SCHEMA = "1"
#: Seconds after which what was written is made safe on the disk: half of what is promised, since that takes time too.
SYNC_EVERY = 0.5


class BagWriter:
    """Writes a bag. One thread calls all methods.

    Once :meth:`write` has returned, a sample survives the end of this process, and within a second a loss of power.
    """

    def __init__(self, folder: Path, facts: Mapping[str, str], storage: str = DEFAULT) -> None:
        """Make a bag, or go on with one; takes are then counted on, and a part that was cut off is mended first.

        :param folder: of the bag; made with all above it, readable by the owner alone.
        :param facts: of the whole bag, such as camera and consent; they go into its ``custom_data``.
        :param storage: ``mcap`` or ``sqlite3``; an existing bag keeps its own.
        :raises ConfigError: the folder is no bag, damaged, or being recorded by another process.
        :raises StorageError: the folder cannot be made or written.
        """
        if storage not in BY_NAME:
            raise unknown_name("storage", storage, BY_NAME)
        self.folder, self.storage = folder, storage
        self.takes: list[TakeInfo] = []
        self._open: tuple[TakeInfo, PartWriter] | None = None
        self._synced = time.monotonic()
        self._unfinished = False
        with self._storing("the bag cannot be made"):
            private_folder(folder)
            self._lock = lock(folder)
            try:
                self._facts = {"schema_version": SCHEMA, "software": f"fer_ros {__version__}", **facts}
                self._next = (1, 1)
                if part_files(folder):
                    self._go_on()
                else:
                    check_empty(folder)
                # Before what was discarded is removed: metadata.yaml may still list it.
                self._write_metadata()
                self._clean_up()
            except BaseException:
                os.close(self._lock)
                raise

    def _go_on(self) -> None:
        found = info(self.folder)
        if found.foreign:
            raise ConfigError(f"{self.folder} was written by another program, too: it is left as it is; name a new bag")
        self._next = (last_number(found.files) + 1, max((t.number for t in found.takes), default=0) + 1)
        if not found.complete:
            mend_files(self.folder)
            if not part_files(self.folder):
                return
            found = mend(self.folder)
        self.storage = found.storage
        self._facts = {**found.facts, **self._facts}
        self.takes = found.takes

    @property
    def counts(self) -> dict[str, int]:
        """Samples per label, those of the open take included."""
        counts: Counter[str] = Counter()
        for take in self._all():
            counts[take.label] += take.part.samples
        return {label: count for label, count in counts.items() if count}

    @property
    def samples(self) -> int:
        """Samples in the bag."""
        return sum(take.part.samples for take in self._all())

    @property
    def size(self) -> int:
        """Bytes of the bag on the disk."""
        try:
            return sum(file.lstat().st_size for file in self.folder.iterdir())
        except OSError:  # a file that was there a moment ago
            return 0

    @property
    def taking(self) -> bool:
        """Whether a take is open."""
        return self._open is not None

    def begin_take(self, label: str, subject: str = "", independent: bool = False) -> int:
        """Begin a take; one that is open ends first.

        :param independent: the pictures are no neighbours in time, such as imported ones.
        :returns: the take's number, 0 for independent pictures.
        :raises ConfigError: label or subject are not allowed.
        :raises StorageError: the disk is full.
        """
        check_label(label)
        check_subject(subject)
        self.end_take()
        file, number = self._next
        storage = BY_NAME[self.storage]
        self._add_subject(subject)
        path = self.folder / f"{self.folder.name}_{file}{storage.suffix}"
        with self._storing("recording cannot begin"):
            writer = create(storage, path, self._facts)
            self._open = (TakeInfo(0 if independent else number, label, subject, writer.part), writer)
            self._next = (file + 1, number if independent else number + 1)
            sync_folder(self.folder)
        return self._open[0].number

    def write(self, stamp: int, picture: bytes, roi: Roi | None, frame_id: str = "") -> None:
        """Add a sample to the open take.

        :param stamp: acquisition, nanoseconds.
        :param picture: a JPEG or PNG file, stored as it is.
        :param roi: the face's box; None where no face was found.
        :raises ConfigError: no take is open, or the stamp does not fit a message.
        :raises StorageError: the disk is full; the take has ended with all samples before this one.
        """
        if self._open is None:
            raise ConfigError("no take is open: begin one with its label first")
        take, writer = self._open
        image, label = encode(StoredSample(stamp, picture, take.label, take.subject, roi, take.number, frame_id))
        try:
            writer.write(stamp, image, label)
            take.part = writer.part
            self.sync_if_due()
        except OSError as error:
            self._open = None
            writer.abandon()
            self._keep(take, finished=False)
            raise self._failure("recording has ended", error) from error

    def sync_if_due(self) -> None:
        """Make what was written safe, once half a second has passed since the last time; to be called now and then."""
        if self._open is not None and time.monotonic() - self._synced >= SYNC_EVERY:
            self._open[1].sync()
            self._synced = time.monotonic()

    def end_take(self) -> int:
        """Finish the open take, if there is one, and make it safe.

        :returns: its samples; a take without any leaves nothing.
        :raises StorageError: the disk is full; the samples are safe all the same.
        """
        if self._open is None:
            return 0
        (take, writer), self._open = self._open, None
        try:
            if take.part.samples:
                writer.finish()
            else:
                writer.abandon()
        except OSError as error:
            writer.abandon()
            self._keep(take, finished=False)
            raise self._failure("the take has no index", error) from error
        self._keep(take)
        with self._storing("the bag's metadata.yaml is not up to date"):
            self._write_metadata()
        return take.part.samples

    def discard_last(self) -> int:
        """Take back the open take, or else the last one: none of its frames stays, in no file.

        :returns: the samples taken back; 0 where there is no take.
        :raises StorageError: the disk failed.
        """
        if self._open is not None:
            (take, writer), self._open = self._open, None
            writer.abandon()
        elif not self.takes:
            return 0
        else:
            take = self.takes.pop()
        self._delete(take)
        return take.part.samples

    def discard(self, number: int) -> int:
        """Delete a take for good, as :meth:`discard_last`; one that is open ends first.

        :returns: its samples.
        :raises ConfigError: there is no take of this number.
        :raises StorageError: the disk failed.
        """
        self.end_take()
        take = next((take for take in self.takes if number and take.number == number), None)
        if take is None:
            known = ", ".join(str(take.number) for take in self.takes if take.number) or "none"
            raise ConfigError(f"bag {self.folder.name} has no take {number}: there are {known}")
        self.takes.remove(take)
        self._delete(take)
        return take.part.samples

    def close(self) -> None:
        """End the open take and close the bag; one without any sample is removed.

        :raises StorageError: see :meth:`end_take`; the bag is closed all the same.
        """
        try:
            self.end_take()
        finally:
            if self._lock >= 0:
                if not self.takes:
                    self._remove()
                elif self._unfinished:
                    # There may be space again for the indexes.
                    with contextlib.suppress(OSError, FerError):
                        mend(self.folder)
                os.close(self._lock)
                self._lock = -1

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all(self) -> list[TakeInfo]:
        return self.takes if self._open is None else [*self.takes, self._open[0]]

    def _keep(self, take: TakeInfo, finished: bool = True) -> None:
        self._unfinished |= not finished
        if take.part.samples:
            self.takes.append(take)
        else:
            unlink(self.folder / take.part.name)

    def _add_subject(self, subject: str) -> None:
        known = [name for name in self._facts.get("subject", "").split(", ") if name]
        if subject and subject not in known:
            self._facts["subject"] = ", ".join([*known, subject])

    def _delete(self, take: TakeInfo) -> None:
        with self._storing("the take cannot be discarded"):
            file = self.folder / take.part.name
            # Renamed first: from this moment no reader takes it for a part, whatever happens next.
            os.replace(file, file.with_name(f"{DISCARDED}{file.name}"))
            sync_folder(self.folder)
            self._write_metadata()
            unlink(file)
            self._clean_up()

    def _write_metadata(self) -> None:
        metadata.write(self.folder, self.storage, [take.part for take in self.takes], self._facts)

    def _clean_up(self) -> None:
        """Remove what a crash has left of discarded takes and of writing ``metadata.yaml``."""
        for pattern in (f"{DISCARDED}*", f".{metadata.FILE}.*"):
            for file in self.folder.glob(pattern):
                unlink(file)
        for suffix in COMPANIONS:
            for file in self.folder.glob(f"*{suffix}"):
                if not file.with_name(file.name.removesuffix(suffix)).exists():
                    file.unlink(missing_ok=True)

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._clean_up()
            (self.folder / metadata.FILE).unlink(missing_ok=True)
            self.folder.rmdir()

    @contextlib.contextmanager
    def _storing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(what, error) from error

    def _failure(self, what: str, error: OSError) -> StorageError:
        return StorageError(
            f"{self.folder}: {what} ({error.strerror or error}): free some space on the disk, then record again; "
            "what was recorded is safe"
        )
