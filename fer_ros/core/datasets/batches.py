"""Pictures of a dataset in batches for other processes, and what comes of them in the order of the dataset."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.picture import Unread
from fer_ros.core.engine import Engine

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures that follow each other.

    :ivar start: position of the first one in the dataset.
    """

    start: int
    pictures: list[Unread]


def batches(dataset: Dataset, size: int) -> Iterator[Batch]:
    """A dataset in batches of at most so many pictures."""
    pictures, start = dataset.unread(), 0
    while batch := list(itertools.islice(pictures, size)):
        yield Batch(start, batch)
        start += len(batch)


def in_order(engine: Engine, work: Callable[[Batch], R], items: Iterator[Batch]) -> Iterator[tuple[int, R]]:
    """Start of each batch and what comes of it; one that is done early waits for those before it.

    :raises FerError: see :meth:`Engine.map`; the message names the batch by its first picture.
    """
    starts: dict[int, int] = {}

    def counted() -> Iterator[Batch]:
        for number, batch in enumerate(items):
            starts[number] = batch.start
            yield batch

    waiting: dict[int, R] = {}
    due = 0
    for number, found in engine.map(work, counted(), lambda batch: f"pictures from {batch.pictures[0].name} on"):
        waiting[number] = found
        while due in waiting:
            yield starts.pop(due), waiting.pop(due)
            due += 1
