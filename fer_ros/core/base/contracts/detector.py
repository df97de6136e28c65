"""The contract of detectors."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from fer_ros.core.base.contracts.plugin import EdgePlugin
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Face, ImageArray


class Detector(EdgePlugin):
    """Finds the faces of a frame and follows them (group ``fer_ros.detectors``).

    :cvar framing: how to turn this detector's box into the face crop that the models were trained on.
    :cvar rank: how good it is: ``auto`` takes the highest one that lacks nothing; with 0 it is never taken by itself.
    """

    framing: ClassVar[Framing] = Framing()
    rank: ClassVar[int] = 0

    def __init__(self, settings: Any = None) -> None:
        """Keep the settings and load what is needed.

        :raises ConfigError: a file that it needs is missing or damaged.
        """
        super().__init__(settings)

    def open(self) -> None:
        """Begin, before the first frame and once ``node`` is set; needed only by one that asks for the node."""

    def close(self) -> None:
        """Free what :meth:`open` took; harmless when not open."""

    @abstractmethod
    def detect(self, image: ImageArray) -> list[Face]:
        """The faces of the next frame, largest first, boxes inside the image; empty if there is none.

        :param image: uint8, (height, width, 3) BGR or (height, width) grey, of any size from 1×1 up.
        """

    @classmethod
    def lacks(cls) -> str:
        """Why it cannot be used on this machine and what to do, in a few words; empty where nothing is missing."""
        return ""

    def follow(self, image: ImageArray, stamp: int | None) -> list[Face]:
        """The same as :meth:`detect` for one that goes by time; any other need not know this.

        :param stamp: when the frame was taken, nanoseconds. None: the next of 30 a second.
        """
        return self.detect(image)

    def reset(self) -> None:
        """Forget all tracks, for example after a change of camera."""
