"""The project file: taught faces and a model in one zip, which the page without a server reads and writes, too.

``project.json`` lists the pictures with label, person, take and time. Every picture is a face, cut as the network sees
it. ``model/`` is a bundle whose ``model.yaml`` is written as JSON. docs/files.md describes it for others.
"""

from __future__ import annotations

import contextlib
import json
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fer_ros import __version__
from fer_ros.core.bags.messages import END_OF_TIME, MAX_SUBJECT
from fer_ros.core.base import json_text
from fer_ros.core.base.arrays import check_list
from fer_ros.core.base.checks import Record, Rows, Value
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.labels import MAX_LABEL, check_label
from fer_ros.core.base.paths import MODEL_FILE

FORMAT, VERSION = "fer_ros project", 1
#: Files in a project at most, pictures among them, bytes of all of them unpacked, and of one picture.
MAX_FILES, MAX_SAMPLES, MAX_BYTES, MAX_PICTURE = 21_000, 20_000, 512_000_000, 4_000_000
#: Bytes of ``project.json``, and of the archive's own list of files.
MAX_HEAD, MAX_LIST = 16 << 20, 8 << 20
HEAD, MODEL = "project.json", "model/"
#: First bytes of the two kinds of pictures → the ending of their names.
KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
#: Times that are no stamps of a clock: as long as a bag's stamps reach, in milliseconds.
_LATEST = END_OF_TIME // 1_000_000 - 1
_SAMPLE = Record(
    {
        "file": Value(str, low=1, high=300),
        "label": Value(str, low=1, high=MAX_LABEL),
        "subject": Value(str, high=MAX_SUBJECT, default=""),
        "take": Value(int, low=0, high=1 << 31, default=0),
        "stamp": Value(float, low=0, high=_LATEST, default=0.0),
    }
)
_MARK = Record({"format": Value(str, high=100), "version": Value(int)})
_CONTENT = Record(
    {
        "labels": Rows(Value(str, low=1, high=MAX_LABEL), high=1_000, default=[]),
        "samples": Rows(_SAMPLE, high=MAX_SAMPLES, default=[]),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture in the list.

    :ivar take: pictures of one take are neighbours in time; 0 for those that are not.
    :ivar stamp: milliseconds since 1970; 0 where nobody knows.
    :ivar file: its name in the archive.
    """

    label: str
    subject: str
    take: int
    stamp: float
    file: str = ""


class Reader(contextlib.AbstractContextManager["Reader"]):
    """A project that is open for reading; the list is checked, a picture is read when it is asked for.

    :ivar labels: those that were offered, in their order, also without pictures.
    """

    def __init__(self, file: Path | IO[bytes]) -> None:
        """Open it.

        :raises ConfigError: it is damaged, too large, no project, or holds names that lead elsewhere.
        """
        self._file = file.open("rb") if isinstance(file, Path) else file
        self._called = f"{file}: " if isinstance(file, Path) else ""
        try:
            with self._reading():
                check_list(self._file, MAX_LIST)
                self._members = _members(zipfile.ZipFile(self._file))
                head = json_text.parse(self._read(HEAD, MAX_HEAD), MAX_HEAD)
                mark = _MARK.check("", head)
                if mark["format"] != FORMAT:
                    raise ConfigError("no project of fer_ros")
                if mark["version"] != VERSION:
                    raise ConfigError(f"version {mark['version']} is of a newer fer_ros: update this one")
                content = _CONTENT.check("", head)
                self.samples = [Entry(**row) for row in content["samples"]]
                self.labels = list(dict.fromkeys([*content["labels"], *(one.label for one in self.samples)]))
                for label in self.labels:
                    check_label(label)
                for one in self.samples:
                    if one.file not in self._members:
                        raise ConfigError(f"the picture {quoted(one.file)} is missing")
        except BaseException:
            self.close()
            raise

    def picture(self, entry: Entry) -> bytes:
        """The file of a picture, a PNG or JPEG.

        :raises ConfigError: it is damaged, too large, or of another kind.
        """
        with self._reading():
            data = self._read(entry.file, MAX_PICTURE)
            if kind(data) is None:
                raise ConfigError(f"{quoted(entry.file)} is neither PNG nor JPEG")
            return data

    def model(self) -> dict[str, bytes]:
        """The files of the model by name; empty where there is none.

        :raises ConfigError: one is damaged.
        """
        names = [name for name in self._members if name.startswith(MODEL)]
        if MODEL + MODEL_FILE not in names:
            return {}
        with self._reading():
            return {name.removeprefix(MODEL): self._read(name, MAX_BYTES) for name in names}

    def close(self) -> None:
        self._file.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, name: str, most: int) -> bytes:
        found = self._members.get(name)
        if found is None:
            raise ConfigError(f"{name} is missing")
        archive, member = found
        if member.file_size > most:
            raise ConfigError(f"{quoted(name)} has {member.file_size} bytes: {most} are allowed")
        with archive.open(member) as opened:
            data = opened.read(member.file_size)  # a length given, for without one a liar is unpacked whole
        if len(data) != member.file_size:
            raise ConfigError(f"{quoted(name)} is cut off")
        return data

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except ConfigError as error:
            raise ConfigError(f"{self._called}{error}") from error
        except Exception as error:
            # A damaged archive makes zipfile and zlib raise errors of a dozen unrelated types.
            raise ConfigError(f"{self._called}the project is damaged: {reason(error)}") from error


def is_one(file: Path) -> bool:
    """Whether a file is an archive with a list of a project's pictures, sound or not."""
    try:
        with file.open("rb") as opened:
            if opened.read(4) != b"PK\x03\x04":
                return False
            check_list(opened, MAX_LIST)
            return HEAD in zipfile.ZipFile(opened).namelist()
    except Exception:  # as in Reader._reading
        return False


def kind(picture: bytes) -> str | None:
    """The ending of a picture's name, by its content; None where a project cannot hold it."""
    return next((ending for mark, ending in KINDS.items() if picture.startswith(mark)), None)


class Writer(contextlib.AbstractContextManager["Writer"]):
    """Writes a project into an open file, picture by picture; it is whole once :meth:`finish` was called."""

    def __init__(self, out: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(out, "w", zipfile.ZIP_STORED)  # pictures and networks are packed already
        self._counts: Counter[str] = Counter()
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, entry: Entry, picture: bytes) -> None:
        """Add a picture.

        :raises ConfigError: the project would become too large, or the picture is neither PNG nor JPEG.
        """
        ending = kind(picture)
        if ending is None or len(picture) > MAX_PICTURE:
            raise ConfigError(f"a picture of {len(picture)} bytes is no PNG or JPEG of {MAX_PICTURE} at most")
        if len(self._rows) >= MAX_SAMPLES:
            raise ConfigError(f"a project holds {MAX_SAMPLES} pictures at most: choose fewer bags")
        folder = _harmless(entry.label)
        self._counts[folder] += 1
        name = f"pictures/{folder}/{self._counts[folder]:05}.{ending}"
        self._write(name, picture)
        row = {"label": entry.label, "subject": entry.subject, "take": entry.take, "stamp": entry.stamp}
        self._rows.append({"file": name, **row})

    def model(self, files: dict[str, bytes]) -> None:
        """Add a model's files.

        :raises ConfigError: the project would become too large.
        """
        for name, data in files.items():
            self._write(MODEL + name, data)

    def finish(self, labels: list[str]) -> None:
        """Write the list of pictures, as the last thing.

        :param labels: that are offered, in their order.
        """
        about = {"format": FORMAT, "version": VERSION, "software": f"fer_ros {__version__}"}
        text = json.dumps({**about, "labels": labels, "samples": self._rows}, ensure_ascii=False, indent=1)
        self._write(HEAD, text.encode())

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def _write(self, name: str, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            raise ConfigError(f"a project holds {MAX_BYTES // 1_000_000} MB at most: choose fewer bags")
        # Without the clock, so that the same content gives the same file.
        self._archive.writestr(zipfile.ZipInfo(name), data)


def _members(archive: zipfile.ZipFile) -> dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
    """The files by name."""
    found: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        name = member.filename
        if member.is_dir():
            continue
        if name.startswith("/") or "\\" in name or ".." in name.split("/") or stat.S_ISLNK(member.external_attr >> 16):
            raise ConfigError(f"the name {quoted(name)} is not allowed")
        if name in found:
            raise ConfigError(f"{quoted(name)} is there twice")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others are unpacked without bounds
            raise ConfigError(f"{quoted(name)} is packed by another method than deflate")
        found[name] = archive, member
    if len(found) > MAX_FILES:
        raise ConfigError(f"{len(found)} files: {MAX_FILES} are allowed")
    if (size := sum(member.file_size for _, member in found.values())) > MAX_BYTES:
        raise ConfigError(f"{size} bytes unpacked: {MAX_BYTES} are allowed")
    return found


def _harmless(label: str) -> str:
    """A part of a file's name that every system takes."""
    kept = "".join(c if c in "_-" or unicodedata.category(c)[0] in "LN" else "_" for c in label)
    return kept[:60] or "label"
