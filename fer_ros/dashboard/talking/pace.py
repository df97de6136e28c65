"""How large the pictures of one client are, and how many are on their way: what its link carries in time."""

from __future__ import annotations

import cv2
import numpy as np

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision import images

#: Pictures on their way: enough for 30 a second over a network with a round trip of 100 ms.
WINDOW = 3
#: Seconds that a picture may be on its way before smaller ones are sent, and below which larger ones are tried.
SLOW, FAST = 0.35, 0.2
#: From so many seconds on, the next picture waits until the last one is drawn.
ALONE = 0.2
#: Reductions of the side, each with its JPEG quality; the first one is the picture as it came.
SIZES = ((1, 0), (1, 60), (2, 60), (2, 35), (4, 50), (4, 25), (8, 40))
_READ = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
#: How many times more bytes the next larger size may have, before that is known.
GROWTH = 3.0
#: Pictures in a row that must have been fast before larger ones are tried.
PATIENCE = 8
#: Shortest time that a picture is taken to need, seconds: below it lies the noise of the machine.
LEAST = 0.002


class Pace:
    """What is known of one client's link. Times in seconds of any steady clock.

    Begins with one picture on its way, as nothing is known of the link; each picture that is drawn tells more.

    :ivar size: which of :data:`SIZES` is sent now.
    """

    def __init__(self) -> None:
        self.size = 0
        self._sent: dict[int, tuple[float, int, int]] = {}
        self._window, self._fast, self._floor = 1, 0, 10.0
        self._bytes: dict[int, float] = {}

    @property
    def slow(self) -> bool:
        """Whether the link carries less than the pictures as they come."""
        return self.size > 0

    @property
    def free(self) -> bool:
        """Whether a picture may be sent now."""
        return len(self._sent) < self._window

    def forget(self) -> None:
        """What is on its way is not waited for any more; what is known of the link stays."""
        self._sent.clear()

    def sent(self, number: int, size: int, now: float) -> None:
        """Note a picture that has been sent.

        :param size: in bytes.
        """
        self._sent[number] = now, size, self.size
        self._bytes[self.size] = size

    def seen(self, number: int, now: float, round_trip: float | None) -> None:
        """Note that a picture has been drawn, and with it all before it.

        :param round_trip: of a small message, the shortest of late; None: not known.
        """
        if round_trip is not None:
            # The shortest ever: those of late may have waited behind pictures.
            self._floor = min(self._floor, round_trip)
        known = self._sent.get(number)
        self._sent = {other: what for other, what in self._sent.items() if other > number}
        if known is not None:
            began, size, index = known
            floor = self._floor if round_trip is not None else 0.0
            self._learn(max(now - began - floor, LEAST), size, index)

    def _learn(self, took: float, size: int, index: int) -> None:
        self._window = 1 if took > ALONE else WINDOW
        if index != self.size:
            return  # it was sent before the last change, and tells nothing of the present size
        self._fast = self._fast + 1 if took < FAST else 0
        if took > SLOW and self.size < len(SIZES) - 1:
            # At once to what the link carries in time.
            rate, self._fast = size / took, 0
            while self.size < len(SIZES) - 1:
                self.size += 1
                if self._bytes.get(self.size, size / 2) / rate <= SLOW:
                    break
                size = round(self._bytes.get(self.size, size / 2))
        elif self._fast >= PATIENCE and self.size > 0:
            larger = self._bytes.get(self.size - 1, GROWTH * size)
            if larger * took / size < FAST:
                self.size, self._fast = self.size - 1, 0


def shrunk(data: bytes, size: int) -> bytes:
    """A picture as a smaller JPEG; as it came where it cannot be decoded, which the page then says.

    :param size: which of :data:`SIZES`.
    """
    reduction, quality = SIZES[size]
    if not quality:
        return data
    image = cv2.imdecode(np.frombuffer(data, np.uint8), _READ[reduction])
    if image is None:
        return data
    try:
        smaller = images.encode_jpeg(np.asarray(image, dtype=np.uint8), quality)
    except BadImage:
        return data
    return smaller if len(smaller) < len(data) else data
