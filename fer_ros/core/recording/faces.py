"""Where the face is: as inference found it, which costs nothing, or by our own detector."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import OrderedDict
from typing import Any

from fer_ros.core.base.contracts import Detector, Live
from fer_ros.core.base.settings import fields
from fer_ros.core.base.types import Face, ImageArray
from fer_ros.core.recording.work import Incoming
from fer_ros.core.vision.images import decode_compressed

#: Seconds after its last result for which inference counts as running.
LIVE = 1.0
#: Seconds after the arrival of a frame for which a running inference is waited for.
PATIENCE = 0.15
#: Results that are kept until their frames come.
KEPT = 128


#: A face that is not seen is no face here, not even for a moment; and one person is followed, who stays.
_DEFAULTS: dict[str, Any] = {"shown": 0.0, "search_every": 2.0}


def settings_for(detector: type[Detector]) -> type[Any]:
    """A detector's settings with the defaults that suit recording."""
    known = fields(detector.Settings)
    changed = [
        (name, known[name][0], dataclasses.field(default=value, metadata={"fer": known[name][2]}))
        for name, value in _DEFAULTS.items()
        if name in known
    ]
    if not changed:
        return detector.Settings
    return dataclasses.make_dataclass(detector.Settings.__name__, changed, bases=(detector.Settings,), frozen=True)


class FaceFinder:
    """Finds the largest face of each frame. :meth:`tell` may be called by any thread, :meth:`find` by one."""

    def __init__(self, detector: Detector) -> None:
        """Take over the detector; it follows the face from frame to frame."""
        self._detector, self._live = detector, Live(detector)
        self._told: OrderedDict[int, Face | None] = OrderedDict()
        self._arrived = threading.Condition()
        self._last = -LIVE
        self._newest = 0

    def open(self) -> None:
        """Begin; a detector that needs ROS subscribes now."""
        self._detector.open()

    def close(self) -> None:
        """Free what :meth:`open` took; harmless when not open."""
        self._detector.close()

    def tell(self, stamp: int, face: Face | None) -> None:
        """Take the face that inference found.

        :param stamp: of the frame, nanoseconds.
        :param face: its largest one; None if there is none.
        """
        with self._arrived:
            self._told[stamp] = face
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
            self._last, self._newest = time.monotonic(), max(self._newest, stamp)
            self._arrived.notify()

    def configure(self, settings: Any) -> None:
        """Give the detector new settings before its next frame; any thread may call it."""
        self._live.change(settings)

    def reset(self) -> None:
        """Forget all faces, for example after a pause or a change of camera."""
        with self._arrived:
            self._told.clear()
            self._newest = 0
        self._detector.reset()

    def find(self, frame: Incoming) -> Face | None:
        """The largest face of a frame, None where there is none.

        :raises BadImage: the frame's picture cannot be decoded.
        """
        with self._arrived:
            if time.monotonic() - self._last < LIVE:
                # Results come in order: one of a later frame means that there is none of this one.
                rest = max(0.0, frame.arrived + PATIENCE - time.monotonic())
                self._arrived.wait_for(lambda: frame.stamp in self._told or self._newest > frame.stamp, rest)
            if frame.stamp in self._told:
                return self._told.pop(frame.stamp)
        self._live.arrive()
        faces = self._detector.follow(_grey(frame), frame.stamp)
        return faces[0] if faces else None

    def look(self, image: ImageArray) -> Face | None:
        """The largest face of a picture that is no frame of the camera, None where there is none.

        :param image: uint8 (height, width, 3) BGR or (height, width) grey.
        """
        self._live.arrive()
        self._detector.reset()
        faces = self._detector.detect(image)
        self._detector.reset()
        return faces[0] if faces else None


def _grey(frame: Incoming) -> ImageArray:
    if frame.image is not None:
        return frame.image
    return decode_compressed(frame.picture, grey=True)
