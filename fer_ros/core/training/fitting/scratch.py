"""Examples in a file without a name, to be read in any order: they do not fit into memory, and are read many times."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray
from fer_ros.core.training.fitting.perceptron import Examples, Targets

#: Rows that are read at once, and examples of a piece.
GROUP, PIECE = 512, 4096


@dataclass(frozen=True, slots=True)
class FiledExamples(Examples):
    """``x`` is empty: the inputs are the ``chosen`` columns of a map of the file.

    :ivar map: float32 (n, columns), a ``numpy.memmap``; None where there is no example.
    """

    map: Any
    chosen: Targets

    @classmethod
    def written(cls, parts: Iterable[FloatArray], columns: int, targets: Targets, weights: FloatArray) -> FiledExamples:
        """Write parts of the inputs, float32 (n, columns), one after the other.

        :raises OSError: the disk is full.
        """
        with tempfile.TemporaryFile(prefix="fer_") as file:
            for part in parts:
                np.ascontiguousarray(part, np.float32).tofile(file)
            file.flush()
            rows = len(targets)
            found: Any = np.memmap(file, np.float32, "r", shape=(rows, columns)) if rows else None
        return cls(np.empty((0, columns), np.float32), targets, weights, found, np.arange(columns))

    def columns(self, chosen: Targets) -> Examples:
        return replace(self, chosen=self.chosen[chosen])

    def rows(self, chosen: Targets) -> Examples:
        x = np.empty((len(chosen), len(self.chosen)), np.float32)
        for start in range(0, len(chosen), GROUP):
            some = chosen[start : start + GROUP]
            x[start : start + len(some)] = self.map[some][:, self.chosen]
            # What was read stays in the system's cache, and need not count as memory of this process.
            self.map._mmap.madvise(mmap.MADV_DONTNEED)
        return Examples(x, self.targets[chosen], self.weights[chosen])

    def pieces(self) -> Iterator[Examples]:
        for start in range(0, len(self), PIECE):
            yield self.rows(np.arange(start, min(start + PIECE, len(self))))

    def live(self) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(self.chosen), bool)
        for part in self.pieces():
            found |= part.x.any(axis=0)
        return found
