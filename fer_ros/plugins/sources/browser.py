"""The camera of a phone, or of any browser with the dashboard open. The dashboard's server hands its pictures over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Clock, Source
from fer_ros.core.base.errors import BadImage, SourceUnavailable
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.browser_link import Receiver, StampedJpeg, default_socket
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.vision.images import decode_compressed

#: Seconds that one look for a browser takes: not longer, so that the camera node can be stopped meanwhile.
WAIT = 0.5
#: Nanoseconds that a picture may be old by what its sender says; clocks that jump are not followed further.
MAX_AGE = 2_000_000_000


@dataclass(frozen=True)
class BrowserSettings:
    """Settings of the browser's camera."""

    socket: str = setting("", "where the dashboard hands over the pictures; empty: browser.sock in $FER_HOME")
    max_pixels: int = setting(1 << 21, "larger pictures are dropped, pixels", low=1, high=1 << 26)


class BrowserSource(Source):
    """Frames stamped when the browser took them; the dashboard corrects for the difference of the clocks.

    :ivar left_out: pictures that could not be decoded, by reason.
    """

    Settings: ClassVar[type[Any]] = BrowserSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        path = self.settings.socket
        self._receiver = Receiver(Path(path).expanduser() if path else default_socket())
        self._waiting: StampedJpeg | None = None
        self._last, self._geometry, self._lent = 0, "", False
        self.left_out = LeftOut()

    @property
    def pauses(self) -> tuple[float, float]:
        # Listening costs nothing, and somebody stands there with the phone in the hand.
        return 0.1, 0.1

    @property
    def connected(self) -> bool:
        """Whether a browser lends its camera."""
        return self._receiver.connected

    def open(self) -> None:
        self._waiting, self._lent = None, False
        self._receiver.open()

    def poll(self) -> bool:
        """Let a browser connect to lend its camera, while the caller reads another source.

        :returns: whether one has connected.
        """
        self._waiting = self._receiver.read(0.0) or self._waiting
        return self.connected

    def read(self, timeout: float) -> Frame:
        began = time.monotonic()
        while (left := began + (timeout if self.connected else min(timeout, WAIT)) - time.monotonic()) > 0:
            self._lent = self._lent or self.connected
            picture, self._waiting = self._waiting or self._receiver.read(left), None
            if picture is not None:
                try:
                    return self._frame(picture)
                except BadImage as error:
                    self.left_out.unreadable("a picture of the browser", error)
                    continue  # the next one may be good
            if self._lent and not self.connected:
                raise SourceUnavailable("the browser has stopped lending its camera")
        raise SourceUnavailable("no browser lends its camera: open the dashboard in one and choose it as the camera")

    def close(self) -> None:
        self._receiver.close()

    @property
    def description(self) -> str:
        return f"browser {self._geometry}".strip()

    def _frame(self, picture: StampedJpeg) -> Frame:
        """:raises BadImage: it cannot be decoded."""
        image = decode_compressed(picture.data, self.settings.max_pixels)
        now = self.clock()
        # Never of the future, never the same twice.
        stamp = max(min(picture.stamp, now), now - MAX_AGE, self._last + 1)
        self._last = stamp
        self._geometry = f"{image.shape[1]}x{image.shape[0]}"
        return Frame(image, stamp)
