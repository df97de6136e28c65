"""Where things are left for others: a folder of this machine, or an address such as ``s3://bucket/models/kitchen``.

A folder needs nothing installed. An address is reached by fsspec, whose settings (endpoint, credentials, retries) are
its own: environment variables and ``~/.config/fsspec``.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import files
from fer_ros.core.base.errors import ConfigError, FerError, cure, quoted, reason

_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: Protocols of object stores: they know no folders, and a missing bucket is a mistyped one.
_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "r2")
#: Of what a file system tells about a file: whatever changes with its content.
_MARKS = re.compile(r"size|e_?tag|md5|checksum|version|generation|mtime|modified|updated", re.IGNORECASE)


class Absent(FerError):
    """Nothing lies at that name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file at an address.

    :ivar name: its path below the address.
    :ivar bytes: its size.
    :ivar mark: changes when the file does.
    """

    name: str
    bytes: int
    mark: str


class Place(ABC):
    """What :func:`place` gives. Names are relative, with ``/``; each file is whole or absent.

    :ivar shown: the address for messages, without passwords.
    """

    def __init__(self, shown: str) -> None:
        self.shown = shown

    @abstractmethod
    def read(self, name: str, most: int) -> bytes:
        """The content of a file.

        :raises Absent: there is none.
        :raises FerError: it has more than ``most`` bytes, or cannot be read.
        """

    @abstractmethod
    def size(self, name: str) -> int | None:
        """Bytes of a file; None if there is none.

        :raises FerError: the place cannot be read.
        """

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file, in place of an older one.

        :raises FerError: it cannot be written.
        """


class Folder(Place):
    """A folder of this machine; made when something is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path

    def read(self, name: str, most: int) -> bytes:
        try:
            with (self._path / name).open("rb") as file:
                return _bounded(f"{self.shown}/{name}", file.read(most + 1), most)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Absent(f"{self.shown}/{name} is not there") from error
        except OSError as error:
            raise FerError(f"{self.shown}/{name} cannot be read: {reason(error)}") from error

    def size(self, name: str) -> int | None:
        file = self._path / name
        return file.stat().st_size if file.is_file() else None

    def write(self, name: str, data: bytes) -> None:
        file = self._path / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomic(file, data)
        except OSError as error:
            raise FerError(f"{file} cannot be written ({error.strerror or reason(error)}): {cure(error)}") from error


class Remote(Place):
    """An address of fsspec."""

    def __init__(self, address: str) -> None:
        """Name it; nothing is read yet.

        :raises ConfigError: fsspec or the package of the protocol is missing, or the address is not allowed.
        """
        super().__init__(shown(address))
        protocol = address.partition("://")[0].lower()
        try:
            import fsspec
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"{self.shown} needs fsspec, which is not installed: pip install 'fer_ros[cluster]', or name a folder"
            ) from error
        try:
            # Another process may write there meanwhile, so no listing is remembered.
            self._system, path = fsspec.core.url_to_fs(address, use_listings_cache=False, skip_instance_cache=True)
        except ImportError as error:
            raise ConfigError(f"{self.shown}: {protocol}:// needs another package: {reason(error)}") from error
        except Exception as error:
            raise ConfigError(f"{self.shown} cannot be used as an address: {reason(error)}") from error
        self._path: str = path.rstrip("/")
        self._folders = protocol not in _BUCKETS
        if not self._path:
            raise ConfigError(f"{self.shown} names no place: put a bucket or a folder behind it")

    def read(self, name: str, most: int) -> bytes:
        with self._told(name), self._system.open(self._at(name), "rb") as file:
            return _bounded(f"{self.shown}/{name}", file.read(most + 1), most)

    def size(self, name: str) -> int | None:
        try:
            with self._told(name):
                found = self._system.info(self._at(name))
        except Absent:
            return None
        return int(found["size"] or 0) if found["type"] == "file" else None

    def write(self, name: str, data: bytes) -> None:
        path = self._at(name)
        with self._told(name):
            if self._folders:
                self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
            # In a transaction fsspec lets a file appear when it is whole, on file systems as on object stores.
            with self._system.transaction, self._system.open(path, "wb") as file:
                file.write(data)

    def files(self) -> list[Stored]:
        """Every file below the address.

        :raises Absent: nothing is there.
        :raises FerError: it cannot be listed.
        """
        with self._told(""):
            self._system.invalidate_cache()
            found: dict[str, Any] = self._system.find(self._path, detail=True)
        if not found:
            raise Absent(f"{self.shown}: nothing is there: look at the address")
        return [
            Stored(path[len(self._path) :].lstrip("/"), int(info.get("size") or 0), _mark(info))
            for path, info in sorted(found.items())
            if info.get("type") == "file"
        ]

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file here.

        :raises FerError: it cannot be read, or not be written here.
        """
        with self._told(name), self._system.open(self._at(name), "rb") as remote:
            try:
                with target.open("wb") as file:
                    shutil.copyfileobj(remote, file, 1 << 20)
            except OSError as error:
                if error.filename == str(target) or error.errno:
                    raise FerError(f"{target} cannot be written ({error.strerror}): {cure(error)}") from error
                raise

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}" if name else self._path

    @contextlib.contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """One line of whatever a file system raises: each protocol has errors of its own."""
        at = f"{self.shown}/{name}" if name else self.shown
        try:
            yield
        except FerError:
            raise
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Absent(f"{at} is not there: look at the address") from error
        except PermissionError as error:
            raise FerError(f"{at}: access denied ({shown(reason(error))}): look after the credentials") from error
        except Exception as error:
            raise FerError(
                f"{at} cannot be reached ({shown(reason(error))}): look after the network, the endpoint and the "
                "credentials"
            ) from error


def is_address(text: str) -> bool:
    """Whether a text is an address rather than a path or a name."""
    return bool(_PROTOCOL.match(text))


def place(text: str) -> Folder | Remote:
    """The place that a text names.

    :param text: a path, ``file://…`` or an address of fsspec.
    :raises ConfigError: see :class:`Remote`.
    """
    if not text or "\0" in text or len(text) > 1_024:
        raise ConfigError(f"the address {quoted(text)} is not allowed: give a folder, or an address such as s3://…")
    if text.lower().startswith("file://"):
        return Folder(Path(text[len("file://") :]))
    if is_address(text):
        return Remote(text)
    try:
        return Folder(Path(text).expanduser().absolute())
    except RuntimeError as error:  # the home of a user who does not exist
        raise ConfigError(f"{quoted(text)}: {reason(error)}") from error


def shown(address: str) -> str:
    """An address without its password and without what may sign it."""
    return re.sub(r"(://[^/@:\s]*):[^@/\s]*@", r"\1:…@", re.sub(r"(://[^?\s]*)\?\S*", r"\1?…", address)).rstrip("/")


def _bounded(name: str, data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise FerError(f"{name} is larger than {most} bytes, so it cannot be the right file")
    return data


def _mark(info: dict[str, Any]) -> str:
    return repr(sorted((key, str(value)) for key, value in info.items() if _MARKS.search(key)))
