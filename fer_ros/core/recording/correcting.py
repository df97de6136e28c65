"""Corrections: the frames of the last second, and how they become a take of the right label."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.bags import StorageError
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Roi
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.session import Session
from fer_ros.core.recording.status import State
from fer_ros.core.recording.work import Incoming

#: Seconds that are kept, frames of them at most, and bytes of their pictures.
KEPT, FRAMES, BYTES = 1.0, 10, 64_000_000
#: Results of inference that are kept, some of which come before their frames.
RESULTS = 64
#: Seconds without a frame after which no camera is seen.
SILENT = 2.0
#: The bag that takes corrections where none is open.
BAG = "corrections"

Seen = tuple[Incoming, Roi]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Samples that a correction has kept: the bag's folder, the take's number, how many."""

    bag: Path
    take: int
    samples: int


class Recent:
    """What was seen in the last second. Any thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was seen yet.

        :param clock: seconds.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, Incoming]] = deque(maxlen=FRAMES)
        self._faces: deque[tuple[int, Sequence[tuple[int, Roi]]]] = deque(maxlen=RESULTS)
        self._last = -SILENT

    def due(self) -> bool:
        """Whether a frame that comes now would be kept: not more than :data:`FRAMES` in the time."""
        with self._lock:
            # A little early rather than one frame late.
            return not self._frames or self._clock() - self._frames[-1][0] >= 0.9 * KEPT / FRAMES

    def add(self, frame: Incoming) -> None:
        """Keep a frame; old ones go."""
        with self._lock:
            self._last = now = self._clock()
            self._frames.append((now, frame))
            self._tidy(now)

    def tell(self, stamp: int, faces: Sequence[tuple[int, Roi]]) -> None:
        """Take the faces that inference has found, number and box of each, the largest first.

        :param stamp: of the frame, nanoseconds.
        """
        with self._lock:
            self._faces.append((stamp, faces))
            self._tidy(self._clock())

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._frames.clear()
            self._faces.clear()
            self._last = -SILENT

    def of(self, face: int) -> list[Seen]:
        """The frames in which a face was seen, each with its box, the oldest first.

        :param face: its number; 0: the largest one of each frame.
        :raises ConfigError: it was not.
        """
        with self._lock:
            now = self._clock()
            self._tidy(now)
            told = dict(self._faces)
            frames = [frame for _, frame in self._frames]
            silent = now - self._last > SILENT
        if silent:
            raise ConfigError("the recorder sees no images: is the camera running, and is image_topic right?")
        found = []
        for frame in frames:
            boxes = [box for number, box in told.get(frame.stamp, ()) if face in (0, number)]
            found += [(frame, box) for box in boxes[:1]]
        if found:
            return found
        who = f"face {face}" if face else "a face"
        raise ConfigError(f"{who} was not seen in the last second: correct while it is shown, with inference running")

    def _tidy(self, now: float) -> None:
        while self._frames and now - self._frames[0][0] > KEPT:
            self._frames.popleft()
        while sum(_size(frame) for _, frame in self._frames) > BYTES:
            self._frames.popleft()


def keep(session: Session, finder: FaceFinder, label: str, subject: str, seen: Sequence[Seen]) -> Corrected:
    """Write frames as a take of its own, into the open bag or into :data:`BAG`.

    :param finder: that of the session.
    :raises ConfigError: something is being recorded, or label or subject are not allowed.
    :raises StorageError: the disk is full.
    """
    if session.state == State.RECORDING:
        raise ConfigError("a take is being recorded: end it first, then correct")
    was_open = session.open
    bag = session.start(label, subject, 0.0, 0, "" if was_open else BAG)
    try:
        for frame, box in seen:
            finder.tell(frame.stamp, box)
            session.count(received=1)
            session.record(frame)
        failed = session.status()
        if failed.state == State.FAILED:
            raise StorageError(failed.message)
        done = session.pause()
        if not done.take_samples:
            raise FerError("no picture of the last second could be kept: try again")
        return Corrected(bag, done.take, done.take_samples)
    finally:
        if not was_open and session.open:
            session.stop()


def _size(frame: Incoming) -> int:
    return len(frame.picture) if frame.image is None else int(frame.image.nbytes)
