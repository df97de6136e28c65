"""What the server asks of the robot, and what the robot tells it. ``fer_ros.nodes.dashboard.node`` does it by ROS."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fer_ros.core.base.errors import FerError

Json = dict[str, Any]


def reason_of(error: FerError) -> Json | None:
    """An error as ``code`` and ``values``, for the page to word it; None where only its text tells."""
    return {"code": error.code, "values": error.values} if error.code else None


class Unavailable(FerError):
    """The responsible node does not run, or has not answered."""


class Refused(FerError):
    """The node has refused."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture to watch.

    :ivar stamp: acquisition, nanoseconds.
    :ivar data: a JPEG or PNG.
    :ivar width: of the camera's picture, pixels; boxes use these pixels, and ``data`` may be smaller.
    :ivar whole: makes the JPEG at the camera's size where ``data`` is smaller; any thread may call it.
    """

    stamp: int
    data: bytes
    width: int
    height: int
    whole: Callable[[], bytes] | None = None


@dataclass(frozen=True, slots=True)
class RecordState:
    """The status of the recording.

    :ivar state: ``idle``, ``paused``, ``recording`` or ``failed``.
    :ivar bag: name of the open bag, or of the last one.
    :ivar samples: of the current or last take.
    :ivar reason: the message as ``code`` and ``values``, for the page to word it; None where only the message tells.
    """

    state: str = "idle"
    bag: str = ""
    label: str = ""
    take: int = 0
    samples: int = 0
    without_face: int = 0
    dropped: int = 0
    elapsed: float = 0.0
    limit: float = 0.0
    message: str = ""
    reason: Json | None = None


class Robot(ABC):
    """The robot. The coroutines run in the server's thread and raise :class:`Unavailable` or :class:`Refused`."""

    namespace: str = "/"

    @abstractmethod
    def now(self) -> int:
        """The time of the robot's clock, nanoseconds since the epoch."""

    @abstractmethod
    def watch(self, pictures: bool, emotions: bool) -> None:
        """Say what the page wants from now on; the rest costs nothing."""

    @abstractmethod
    async def start_recording(self, label: str, subject: str, seconds: float, bag: str) -> None:
        """Hold a label, any that can be taught.

        :param seconds: after which the take ends by itself.
        """

    @abstractmethod
    async def pause_recording(self) -> None:
        """Let the label go; the bag stays open."""

    @abstractmethod
    async def stop_recording(self) -> None:
        """Close the bag."""

    @abstractmethod
    async def discard(self, bag: str, take: int) -> int:
        """Move a take to the trash; gives the number of its samples."""

    @abstractmethod
    async def revise(self, bag: str, take: int, stamps: Sequence[int], label: str) -> Json:
        """Move samples to the trash, or under another label; gives ``samples``, ``take`` and ``entry``.

        :param stamps: nanoseconds; empty: all.
        :param label: empty: to the trash.
        """

    @abstractmethod
    async def restore(self, bag: str, take: int, entry: str = "") -> int:
        """Bring samples back from the trash; gives their number.

        :param entry: the trash's name of them; empty: the newest of bag and take.
        """

    @abstractmethod
    async def add_pictures(self, bag: str, label: str, subject: str, pictures: Sequence[tuple[int, bytes]]) -> Json:
        """Make samples of pictures; gives ``take``, ``samples``, ``without_face``, ``refused`` and ``reasons``.

        :param pictures: when each was taken, nanoseconds, 0 where unknown; and its file.
        """

    @abstractmethod
    async def correct(self, label: str, subject: str, face: int) -> tuple[str, int, int]:
        """Keep the last second of a face as samples of a label; gives bag, take and number of samples.

        :param face: its number, 0: the largest.
        """

    @abstractmethod
    async def labels(self) -> tuple[str, ...]:
        """The labels that may be recorded."""

    @abstractmethod
    async def detector(self) -> str:
        """The name of the detector that finds the faces; ``auto``: the best one."""

    @abstractmethod
    async def train(self, bags: Sequence[str], options: Json) -> Json:
        """Train a model; this may take minutes.

        :param bags: empty: all.
        :param options: fields of the request ``train``; what is missing, zero or empty is the trainer's default.
        :returns: the fields for ``train.result``.
        """

    @abstractmethod
    async def cancel_training(self) -> None:
        """End the training."""

    @abstractmethod
    async def load_model(self, name: str) -> None:
        """Use a model from now on."""
