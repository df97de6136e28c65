"""The proof: decodes everything below ``$FER_HOME`` and searches it for a person's name and pictures."""

from __future__ import annotations

import contextlib
import gzip
import io
import mmap
import os
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcap.exceptions import McapError
from mcap.reader import make_reader

from fer_ros.core.bags.sqlite_open import opened
from fer_ros.core.base import json_text, yaml_files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.forgetting.person import Person

#: Archives within archives that are opened, and bytes that one file in them may have.
DEPTH, MAX_BYTES = 3, 1 << 30
#: Bytes of a text file that is parsed, so that escaped names are found.
MAX_TEXT = 8 << 20
#: What a file begins with that zstd or LZ4 has compressed.
_PACKED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
_PARSED = (".yaml", ".yml", ".json")
#: What the library raises where a file is damaged.
_DAMAGED = (McapError, ValueError, EOFError, ArithmeticError, LookupError, TypeError, struct.error)


def left(home: Path, person: Person, journal: Path | None = None) -> list[str]:
    """Where something of a person is left, one line each: names of files and folders, texts, and pictures.

    :param journal: of this forgetting, which is not searched.
    """
    found = []
    for path in _everything(home):
        if path == journal:
            continue
        shown = path.relative_to(home)
        what = []
        if person.named_in(path.name):
            what.append("the name of the file or folder")
        if path.is_file() and not path.is_symlink():
            try:
                name, picture = _in_file(path, person)
            except OSError as error:
                found.append(f"{shown}: cannot be read ({error.strerror or error}), so nobody knows")
                continue
            if _packed(path):
                what.append("is compressed, so nobody knows; unpack it, or remove it")
            what += ["the name, in it"] * name + ["a picture, in it"] * picture
        if what:
            found.append(f"{shown}: {', '.join(what)}")
    return found


def _everything(home: Path) -> Iterator[Path]:
    """Every file and folder. Follows links to folders, and visits each folder once."""
    seen = set()
    for folder, folders, files in os.walk(home, followlinks=True):
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in seen:
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        yield from (Path(folder, name) for name in sorted((*folders, *files)))


def _packed(path: Path) -> bool:
    """Whether a file is compressed as a whole, which rosbag2 does if it is told to."""
    with path.open("rb") as file:
        return file.read(4) in _PACKED


def _in_file(path: Path, person: Person) -> tuple[bool, bool]:
    """Whether a file holds the name, and a picture."""
    name = picture = False
    if not path.stat().st_size:
        return name, picture
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        name, picture = person.named_in_bytes(data), person.shown_in_bytes(data)
        head = data[:16]
    for part in _decoded(path, head):
        if isinstance(part, bytes):
            name, picture = name or person.named_in_bytes(part), picture or person.shown_in_bytes(part)
        else:
            name = name or person.named_in_value(part)
    return name, picture


def _decoded(path: Path, head: bytes) -> Iterator[Any]:
    """A file's content, unpacked: bytes, texts and plain values. Damaged data are unpacked as far as they go."""
    if head.startswith(b"SQLite format 3"):
        yield from _rows(path)
    elif head.startswith(b"\x89MCAP"):
        yield from _messages(path)
    elif head.startswith((b"PK", b"\x1f\x8b")):
        yield from _unpacked(path.read_bytes(), DEPTH)
    elif path.stat().st_size <= MAX_TEXT:
        yield from _text(path.read_bytes(), path.suffix in _PARSED)


def _text(data: bytes, parsed: bool) -> Iterator[Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    yield text
    if not parsed:
        return
    for parse in (lambda: json_text.parse(data, MAX_TEXT), lambda: yaml_files.parse(data)):
        with contextlib.suppress(ConfigError):
            yield parse()
            return


def _unpacked(data: bytes, depth: int) -> Iterator[Any]:
    """The files of an archive, such as npz and zip, and of those in it."""
    if not depth:
        return
    with contextlib.suppress(OSError, EOFError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError):
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as stream:
                inner = stream.read(MAX_BYTES)
            yield inner
            yield from _unpacked(inner, depth - 1)
            return
        if not zipfile.is_zipfile(io.BytesIO(data)):
            return
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield member.filename
                with archive.open(member) as stream:
                    inner = stream.read(MAX_BYTES)
                yield inner
                if len(inner) <= MAX_TEXT:
                    yield from _text(inner, member.filename.endswith(_PARSED))
                yield from _unpacked(inner, depth - 1)


def _messages(path: Path) -> Iterator[Any]:
    """The messages, attachments and metadata of an MCAP file, decompressed."""
    with contextlib.suppress(*_DAMAGED), path.open("rb") as file:
        reader = make_reader(file)
        for record in reader.iter_metadata():
            yield dict(record.metadata)
        for attachment in reader.iter_attachments():
            yield attachment.name
            yield attachment.data
        for _, _, message in reader.iter_messages(log_time_order=False):
            yield message.data


def _rows(path: Path) -> Iterator[Any]:
    """Every value in the tables of a SQLite file."""
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError), opened(path) as base:
        tables = [str(name) for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            quoted = table.replace('"', '""')
            for row in base.execute(f'SELECT * FROM "{quoted}"'):
                yield from (value for value in row if isinstance(value, (str, bytes)))
