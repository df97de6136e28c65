"""The status of a recorder."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from fer_ros.core.bags.part import StorageError


class State(enum.IntEnum):
    """What the recorder does; the numbers are those of ``fer_msgs/RecordStatus``."""

    IDLE = 0
    PAUSED = 1
    RECORDING = 2
    FAILED = 3


@dataclass(slots=True)
class Status:
    """What is recorded now, and what was recorded since the bag was opened.

    :ivar bag: the open bag, or the last one; None before the first.
    :ivar take: number of the current or last take, 0 before the first.
    :ivar elapsed: seconds since that take began; stands still when it has ended.
    :ivar counts: samples per label, of all labels that may be recorded.
    :ivar received: frames that came while a label was held: each is written, without a face, dropped or pending.
    :ivar written: frames in the bag, those of discarded takes included.
    :ivar discarded: samples discarded.
    :ivar message: one line for people, such as why recording ended; ``code`` and ``values`` tell it to programs, see
            :class:`fer_ros.core.base.errors.FerError`.
    """

    state: State = State.IDLE
    bag: Path | None = None
    label: str = ""
    subject: str = ""
    take: int = 0
    take_samples: int = 0
    limit_samples: int = 0
    limit_seconds: float = 0.0
    elapsed: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    received: int = 0
    written: int = 0
    without_face: int = 0
    dropped: int = 0
    pending: int = 0
    discarded: int = 0
    bytes: int = 0
    free_bytes: int = 0
    message: str = ""
    code: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def error(self) -> StorageError:
        """Why the recording failed, as an error again."""
        return StorageError(self.message, self.code, **self.values)

    @property
    def samples(self) -> int:
        """Samples in the bag, of all labels."""
        return sum(self.counts.values())

    def summary(self) -> str:
        """The counts in one line."""
        labels = ", ".join(f"{label} {count}" for label, count in self.counts.items() if count) or "no samples"
        text = f"{labels}; {self.written} of {self.received} frames written"
        rest = [
            f"{count} {what}"
            for count, what in (
                (self.without_face, "without a face"),
                (self.dropped, "dropped"),
                (self.discarded, "taken back"),
            )
            if count
        ]
        return f"{text} ({', '.join(rest)})" if rest else text


class Board:
    """A status that one thread changes and other threads read.

    :ivar now: for the thread that changes it.
    """

    def __init__(self, status: Status) -> None:
        self.now = status
        self._lock = threading.Lock()

    def copy(self) -> Status:
        """The current status."""
        with self._lock:
            return replace(self.now, counts=dict(self.now.counts))

    def update(self, **values: object) -> None:
        """Set fields."""
        with self._lock:
            self.now = replace(self.now, **values)  # type: ignore[arg-type]

    def add(self, **counts: int) -> None:
        """Count fields up, or down."""
        with self._lock:
            for name, count in counts.items():
                setattr(self.now, name, max(0, getattr(self.now, name) + count))

    def add_sample(self) -> None:
        """Count a sample of the label that is held."""
        with self._lock:
            self.now.written += 1
            self.now.take_samples += 1
            self.now.counts[self.now.label] = self.now.counts.get(self.now.label, 0) + 1
