"""The queue of the recording thread: frames and commands, in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision.headers import compressed_size
from fer_ros.core.vision.images import encode_jpeg


@dataclass(frozen=True, slots=True)
class Incoming:
    """A frame as it came: a picture to store as it is, or an image to encode.

    :ivar stamp: acquisition, nanoseconds.
    :ivar picture: a JPEG or PNG file; empty if there is an ``image``.
    :ivar image: uint8 (height, width, 3) BGR or (height, width) grey; None if there is a ``picture``.
    :ivar arrived: ``time.monotonic`` when it came, seconds.
    """

    stamp: int
    frame_id: str
    picture: bytes = b""
    image: ImageArray | None = None
    arrived: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels.

        :raises BadImage: the picture is no whole JPEG or PNG.
        """
        if self.image is not None:
            return self.image.shape[1], self.image.shape[0]
        return compressed_size(memoryview(self.picture))

    def file(self, quality: int) -> bytes:
        """The picture as a file.

        :param quality: of the JPEG, if the image must be encoded, 1 to 100.
        """
        return self.picture if self.image is None else encode_jpeg(self.image, quality)


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do between two frames, and where its result goes."""

    action: Callable[[], Any]
    result: Future[Any]

    def run(self) -> None:
        """Do it; the waiting caller gets the result or the exception."""
        try:
            self.result.set_result(self.action())
        except BaseException as error:
            self.result.set_exception(error)


class Work:
    """The queue. Adding never blocks; commands are never dropped, frames are once ``limit`` of them wait."""

    def __init__(self, limit: int) -> None:
        self._items: deque[Incoming | Command] = deque()
        self._ready = threading.Condition()
        self._limit = limit
        self._frames = 0

    @property
    def frames(self) -> int:
        """Frames in the queue."""
        return self._frames

    def add_frame(self, frame: Incoming) -> bool:
        """Add a frame.

        :returns: False if too many wait already and the frame was dropped.
        """
        with self._ready:
            if self._frames >= self._limit:
                return False
            self._frames += 1
            self._items.append(frame)
            self._ready.notify()
            return True

    def add_command(self, action: Callable[[], Any]) -> Future[Any]:
        """Add a command; it runs after all frames that were added before."""
        result: Future[Any] = Future()
        with self._ready:
            self._items.append(Command(action, result))
            self._ready.notify()
        return result

    def next(self, timeout: float | None) -> Incoming | Command | None:
        """Wait for the next item.

        :param timeout: seconds to wait at most; None waits as long as it takes.
        :returns: None if none came in time.
        """
        with self._ready:
            self._ready.wait_for(lambda: bool(self._items), timeout)
            item = self._items.popleft() if self._items else None
            self._frames -= isinstance(item, Incoming)
            return item
