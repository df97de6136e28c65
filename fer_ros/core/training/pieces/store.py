"""Parquet files of embeddings in a folder, or at any address that fsspec knows.

One file for each file of a bag, named after the SHA-256 of all that it was made from, in a folder named after the
network. A file is whole or absent.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem
from pyarrow import parquet

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError, cure, quoted, reason
from fer_ros.core.base.types import FloatArray

log = logging.getLogger(__name__)

SUFFIX, HALF = ".parquet", ".part"
#: Seconds after which what a killed worker left half-written is removed.
STALE = 86_400.0
#: Where the file keeps what is true of all its rows.
FACTS = b"fer_ros"
#: Faces that are in memory at once when a file is written.
GROUP = 512
#: Rows that are read together: few, since a head in closed form reads some rows of every file.
ROWS = 32
#: Zstandard's quickest level takes a quarter of the bytes, and less time than writing all of them.
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["label", "subject"],
    "write_statistics": False,
}


class Store:
    """The files at one address."""

    def __init__(self, address: str) -> None:
        """Open an address; nothing is made there yet.

        :raises ConfigError: nobody knows its protocol.
        """
        self.address = address
        try:
            self.fs, self.root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"the cache {quoted(address)} cannot be opened: {reason(error)}") from error
        self.local = isinstance(self.fs, LocalFileSystem)

    def prepare(self, network: str) -> None:
        """Make the folder of a network, remove what was left half-written, and tell of other networks' files.

        :raises FerError: it cannot be written.
        """
        folder = f"{self.root}/{network[:16]}"
        with self._told("made"):
            if self.local:
                paths.private_folder(Path(folder))
            else:
                self.fs.makedirs(folder, exist_ok=True)
            for path in self.fs.glob(f"{folder}/.*{HALF}") if self.local else ():
                if time.time() - os.stat(path).st_mtime > STALE:
                    os.unlink(path)
            others = [other for other in self.networks() if other != network[:16]]
        if others and not self.fs.glob(f"{folder}/*{SUFFIX}"):
            log.warning(
                "the cache %s holds embeddings of another backbone (%s), not of this one (%s): all are computed anew",
                self.address, ", ".join(others), network[:16],
            )  # fmt: skip

    def networks(self) -> list[str]:
        """First 16 digits of the SHA-256 of each network that something was kept of."""
        found = self.fs.glob(f"{self.root}/{'[0-9a-f]' * 16}")
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)

    def has(self, name: str) -> bool:
        """Whether a file is there; ``name`` is relative to the address."""
        with self._told("read"):
            return bool(self.fs.exists(f"{self.root}/{name}"))

    def write(
        self, name: str, schema: pa.Schema, tables: Iterable[pa.Table], facts: Callable[[], dict[str, Any]]
    ) -> None:
        """Write a file whole, or nothing.

        :param facts: called once all tables are written; gives plain values.
        :raises FerError: the disk is full, or the address cannot be written.
        """
        place = f"{self.root}/{name}"
        folder = str(Path(place).parent) if self.local else None
        with self._told("written"):
            handle, half = tempfile.mkstemp(prefix=".", suffix=HALF, dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    with parquet.ParquetWriter(file, schema, **WRITING) as writer:
                        for table in tables:
                            writer.write_table(table, row_group_size=ROWS)
                        writer.add_key_value_metadata({FACTS: json.dumps(facts()).encode()})
                    file.flush()
                if self.local:
                    os.replace(half, place)
                else:
                    self.fs.put_file(half, place)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(half)

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[parquet.ParquetFile]:
        """A file for reading.

        :raises FerError: it is gone or damaged.
        """
        with self._told("read"), self.fs.open(f"{self.root}/{name}", "rb") as file:
            yield parquet.ParquetFile(file)

    def remove(self, name: str) -> None:
        """Remove a file, which may be gone."""
        with contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(f"{self.root}/{name}")

    def touch(self, name: str) -> None:
        """Note that a file of this machine was used."""
        if self.local:
            with contextlib.suppress(OSError):
                os.utime(f"{self.root}/{name}")

    def expire(self, unused: float) -> None:
        """Remove the files of this machine that were not used for so many seconds."""
        for path in self.fs.glob(f"{self.root}/*/*{SUFFIX}") if self.local else ():
            with contextlib.suppress(OSError):
                if time.time() - os.stat(path).st_mtime > unused:
                    os.unlink(path)

    def clear(self) -> None:
        """Remove all that was kept here.

        :raises FerError: it cannot be removed.
        """
        with self._told("removed"):
            for network in self.networks():
                for path in self.fs.glob(f"{self.root}/{network}/*{SUFFIX}"):
                    self.fs.rm_file(path)
                if self.local:
                    shutil.rmtree(f"{self.root}/{network}")
                elif self.fs.exists(f"{self.root}/{network}"):
                    self.fs.rm(f"{self.root}/{network}", recursive=True)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except pa.ArrowInvalid as error:
            raise FerError(
                f"the cache {self.address} is damaged ({reason(error)}): remove it and call again"
            ) from error
        except OSError as error:
            raise FerError(
                f"the cache {self.address} cannot be {what} ({error.strerror or reason(error)}): {cure(error)}; what "
                "is done is kept"
            ) from error


@functools.cache
def at(address: str) -> Store:
    """The store of an address, one in each process."""
    return Store(address)


def facts_of(file: parquet.ParquetFile) -> dict[str, Any]:
    """What :meth:`Store.write` was told; empty where another program made the file."""
    found = (file.metadata.metadata or {}).get(FACTS)
    return dict(json.loads(found)) if found else {}


def column(rows: FloatArray) -> pa.Array:
    """float32 (n, values) as a column of bytes."""
    data = pa.py_buffer(np.ascontiguousarray(rows, np.float32))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * rows.shape[1]), len(rows), [None, data])


def rows_of(table: pa.Table, name: str) -> FloatArray:
    """What :func:`column` got; read-only."""
    found = table.column(name).combine_chunks()
    chunk = found.chunk(0) if isinstance(found, pa.ChunkedArray) else found
    values = chunk.type.byte_width // 4
    data = np.frombuffer(chunk.buffers()[1], np.float32)[chunk.offset * values : (chunk.offset + len(chunk)) * values]
    return data.reshape(len(chunk), values)
