"""The folder of a bag during writing: locked against others, and watched in case it is moved or removed."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import check_empty, last_number, part_files
from fer_ros.core.bags.mending.examine import check
from fer_ros.core.bags.mending.folding import fold
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.repair import lock, mend, mend_files
from fer_ros.core.bags.sqlite_open import COMPANIONS
from fer_ros.core.bags.summary import BagInfo, TakeInfo, info
from fer_ros.core.bags.writing.anew import HIDDEN
from fer_ros.core.base.errors import ConfigError, cure, disk_code
from fer_ros.core.base.paths import private_folder
from fer_ros.core.trash.store import Entry, entries, put, take_out


class HeldFolder:
    """A folder that nobody else writes to until :meth:`close`."""

    def __init__(self, path: Path) -> None:
        """Make the folder, and those above it that are missing, and lock it.

        :raises ConfigError: another process writes it.
        :raises OSError: it cannot be made or opened.
        """
        self.path, self._handle = private_folder(path), -1
        self._handle = lock(path)

    def contents(self) -> tuple[tuple[int, int], BagInfo | None]:
        """Read what is in it already, and mend what was cut off.

        :returns: the numbers of the next file and take, and the bag; None where it has no sample yet.
        :raises ConfigError: it is no bag, damaged, or of another program.
        :raises OSError: the disk failed.
        """
        discarded = [entry for entry in entries(self.path.parent) if entry.bag == self.path.name]
        names, takes = [name for entry in discarded for name in entry.files], [entry.take for entry in discarded]
        if not part_files(self.path):
            check_empty(self.path)
            return (last_number(names) + 1, max(takes, default=0) + 1), None
        check(self.path, watch=False)
        found = info(self.path)
        if found.foreign:
            raise ConfigError(f"{self.path} was written by another program, too: it is left as it is; name a new bag")
        # What is in the trash may come back: its numbers are taken.
        takes += [take.number for take in found.takes]
        after = last_number([*found.files, *names]) + 1, max(takes, default=0) + 1
        if not found.complete:
            mend_files(self.path)
            if not part_files(self.path):
                return after, None
            found = mend(self.path)
        return after, found

    @property
    def held(self) -> bool:
        """Whether it is still open."""
        return self._handle >= 0

    @property
    def there(self) -> bool:
        """Whether the path still leads to the folder that was locked."""
        return self.held and self._is(self.path)

    def moved_to(self) -> Path | None:
        """Where it lies now; None if it was removed, or if the system cannot tell."""
        try:
            path = Path(os.readlink(f"/proc/self/fd/{self._handle}"))
        except OSError:
            return None
        return path if self._is(path) else None

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """The size of the existing files, bytes. It needs no file descriptor, so it works when none is left.

        :raises OSError: the folder cannot be read.
        """
        found = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                found[name] = os.stat(self.path / name, follow_symlinks=False).st_size
        return found

    def free(self) -> int:
        """Bytes that can be written there.

        :raises OSError: files can neither be made nor renamed in it.
        """
        disk = os.statvfs(self.path)
        if disk.f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return disk.f_bavail * disk.f_frsize

    def sync(self) -> None:
        """As :func:`fer_ros.core.base.files.sync_folder`, by the open handle: there may be no further one."""
        with contextlib.suppress(OSError):
            os.fsync(self._handle)

    def discard(self, take: TakeInfo) -> Entry:
        """Move a take's file into the trash.

        :raises OSError: it is not there, or the folder cannot be written.
        """
        file = self.path / take.part.name
        fold(file)
        return self.put(file, take)

    def put(self, file: Path, take: TakeInfo) -> Entry:
        """Move a file into the trash as that of a take.

        :raises OSError: as :meth:`discard`.
        """
        name, number = self.path.name, take.number
        now = time.time()
        entry = Entry(file, name, number, (take.part.name,), take.label, take.subject, take.samples, now)
        return put(self.path.parent, [file], entry)

    def restore(self, entry: Entry) -> None:
        """Bring a take's file back from the trash.

        :raises ConfigError: a file of that name is there already.
        :raises OSError: it cannot be moved; it stays in the trash.
        """
        fold(entry.content[0])
        take_out(entry, self.path)

    def clean_up(self) -> None:
        """Remove what a crash left of writing ``metadata.yaml`` or a take anew, and logs without file or content.

        SQLite makes an empty journal in the moment in which it finishes a file.

        :raises OSError: a file cannot be removed.
        """
        for pattern in (f".{metadata.FILE}.*", f"{HIDDEN}*"):
            for file in self.path.glob(pattern):
                file.unlink(missing_ok=True)
        for suffix in COMPANIONS:
            for file in self.path.glob(f"*{suffix}"):
                if not file.stat().st_size or not file.with_name(file.name.removesuffix(suffix)).exists():
                    file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder of a bag without samples, if nothing else lies in it."""
        with contextlib.suppress(OSError):
            self.clean_up()
            (self.path / metadata.FILE).unlink(missing_ok=True)
            self.path.rmdir()

    def close(self) -> None:
        """Let others write."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _is(self, path: Path) -> bool:
        try:
            return os.path.samestat(os.stat(path), os.fstat(self._handle))
        except OSError:
            return False


def samples_gone(folder: Path, takes: Sequence[TakeInfo]) -> StorageError:
    """The error for takes whose files somebody has removed."""
    names, samples = ", ".join(take.part.name for take in takes), sum(take.samples for take in takes)
    text = f"{folder}: {names} was removed by somebody: its {samples} samples are gone"
    return StorageError(text, "samples_gone", samples=samples)


@contextlib.contextmanager
def storing(folder: Path, what: str, safe: Callable[[], bool]) -> Iterator[None]:
    """Turn an error of the operating system into a StorageError that says what helps.

    :param what: the failure, such as ``recording cannot begin``.
    :param safe: whether earlier recordings are still there.
    """
    try:
        yield
    except OSError as error:
        rest = "; what was recorded is safe" if safe() else ""
        why = f"{what} ({error.strerror or error}): {cure(error)}, then record again"
        raise StorageError(f"{folder}: {why}{rest}", disk_code(error)) from error


def write_metadata(
    folder: Path, storage: str, takes: Sequence[TakeInfo], stated: Mapping[str, str] | None = None
) -> None:
    """Write the ``metadata.yaml`` of a bag with these takes.

    :param stated: facts of the whole bag that no take has.
    :raises OSError: it cannot be written; the old one stays.
    """
    bag = bag_facts.merged((take.facts for take in takes), stated)
    custom = bag_facts.to_custom_data(bag, {take.part.name: take.facts for take in takes})
    metadata.write(folder, storage, [take.part for take in takes], custom)
