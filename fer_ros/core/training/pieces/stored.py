"""Rows that lie in files and are read as they are needed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.pieces import store

Indices = npt.NDArray[np.int64]

#: Groups of rows of one file that are in memory at once.
TOGETHER = store.GROUP // store.ROWS


class Source:
    """The files behind some columns; any number of :class:`StoredRows` may share it. For one thread."""

    def __init__(self, address: str, files: list[tuple[str, int]]) -> None:
        """Take the files in their order.

        :param files: name and number of rows of each.
        """
        self._store = store.at(address)
        self._names = [name for name, _ in files]
        self.starts = np.cumsum([0, *(count for _, count in files)])

    def read(self, rows: Indices, column: str, out: FloatArray) -> None:
        """Read rows into ``out``, (n, values)."""
        if not len(rows):
            return
        owners = np.searchsorted(self.starts, rows, side="right") - 1
        # Runs of one file, in the order asked for.
        bounds = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(rows)]
        for first, last in pairwise(bounds):
            number = int(owners[first])
            self._read_of(number, rows[first:last] - self.starts[number], column, out[first:last])

    def _read_of(self, number: int, rows: Indices, column: str, out: FloatArray) -> None:
        with self._store.opened(self._names[number]) as file:
            about = file.metadata
            sizes = np.array([about.row_group(group).num_rows for group in range(about.num_row_groups)])
            groups = np.searchsorted(np.cumsum(sizes), rows, side="right")
            starts, needed = np.cumsum(sizes) - sizes, np.unique(groups)
            for read in (needed[first : first + TOGETHER] for first in range(0, len(needed), TOGETHER)):
                table = file.read_row_groups(read.tolist(), columns=[column], use_threads=False)
                own = np.isin(groups, read)
                place = np.searchsorted(read, groups[own])
                before = (np.cumsum(sizes[read]) - sizes[read])[place]
                out[own] = store.rows_of(table, column)[before + rows[own] - starts[read][place]]


class StoredRows:
    """Rows of one column, float32 (n, *shape), that are read when numpy asks for an array of them.

    Choosing some of them reads nothing.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, source: Source, column: str, shape: tuple[int, ...], rows: Indices | None = None) -> None:
        self._source, self._column, self._each = source, column, shape
        self._rows = np.arange(int(source.starts[-1])) if rows is None else rows

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._rows), *self._each)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        return 4 * self.size

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, which: Any) -> StoredRows:
        return StoredRows(self._source, self._column, self._each, np.atleast_1d(self._rows[which]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        out = np.empty((len(self._rows), int(np.prod(self._each))), np.float32)
        self._source.read(self._rows, self._column, out)
        found = out.reshape(self.shape)
        return found if dtype in (None, self.dtype) else found.astype(dtype)
