"""What a storage must do: a :class:`PartWriter` writes a bag's file, and a scan reads it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fer_ros.core.bags.metadata import Part
from fer_ros.core.base.errors import ConfigError, FerError


class StorageError(FerError):
    """Nothing more can be written, such as on a full disk; what was written before is safe."""


class Damaged(ConfigError):
    """A finished file of a bag has changed, or was written further.

    :ivar why: a few words.
    """

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message, "bag_unreadable")
        self.why = why


class PartWriter(Protocol):
    """One file being written. After an ``OSError`` only :meth:`abandon` may be called."""

    path: Path
    part: Part

    def write(self, stamp: int, image: bytes, label: bytes) -> None:
        """Hand both messages of a sample to the operating system: they survive the end of this process.

        :raises OSError: it could not be written; the file holds every sample before and no part of this one.
        """

    def sync(self) -> None:
        """Return when everything written is safe on the disk.

        :raises OSError: the disk failed.
        """

    def finish(self) -> None:
        """Add the index, sync and close.

        :raises OSError: the disk is full; the samples are safe, and are read without the index.
        """

    def abandon(self) -> None:
        """Close as it is; never raises."""

    def rescue(self, target: Path) -> None:
        """Finish as far as that goes, copy everything written so far to a new file, and close.

        It reads through the open file, so it works even if the file's name is gone.

        :raises OSError: it cannot be copied; nothing stays at ``target``.
        """


@dataclass(slots=True)
class Scan:
    """What reading the messages of a file has found; complete once all are read.

    :ivar topics: topic → type, of every topic in the file.
    :ivar qos: topic → the quality of service that it was offered with, as the file has it: YAML.
    :ivar counts: topic → messages, of every topic in the file.
    :ivar start: the first time at which a message was recorded, nanoseconds.
    :ivar end: the last.
    :ivar cut: the file was never finished: it was read as far as it goes.
    :ivar checked: every message of ours has a checksum, so that a changed byte is found.
    :ivar alone: images without a label and labels without an image.
    """

    path: Path
    topics: dict[str, str] = field(default_factory=dict)
    qos: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    checked: bool = False
    alone: int = 0

    def count(self, topic: str, time: int) -> None:
        """Note a message of a topic, recorded at a time in nanoseconds."""
        self.start = min(self.start, time) if self.counts else time
        self.end = max(self.end, time) if self.counts else time
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def damaged(self, why: str) -> Damaged:
        """The error for a file that was finished and has changed since."""
        return Damaged(
            f"{self.path} is damaged ({why}): restore it from a copy, or save what can be read by "
            f"`fer bags {self.path.parent.name} --repair`",
            why,
        )


@contextlib.contextmanager
def whole_or_nothing(target: Path) -> Iterator[int]:
    """A new file, open for writing. It is synced at the end, and removed if anything fails.

    :raises OSError: it exists or cannot be made.
    """
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield handle
        os.fsync(handle)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def sync_file(handle: int) -> None:
    """Wait until an open file's data are on the disk."""
    # Not everywhere: macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(handle)
