"""What a backbone gave for the last faces, for a second model that has the same backbone."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.types import FloatArray, Maps

#: Answers that are kept: one a frame, two with mirror images.
KEPT = 8


class Seen:
    """Asks a backbone, and keeps its last answers while it is told to. Any thread may use it.

    :ivar keep: whether answers are kept; set by whoever wants to take them.
    """

    def __init__(self) -> None:
        self.keep = False
        self._lock = threading.Lock()
        self._last: deque[tuple[FloatArray, Maps]] = deque(maxlen=KEPT)

    def maps(self, backbone: Backbone, crops: FloatArray) -> Maps:
        """What the backbone gives for scaled crops."""
        found = backbone.maps(crops)
        if self.keep:
            with self._lock:
                self._last.append((crops, found))
        return found

    def again(self, crops: FloatArray) -> Maps | None:
        """What it gave for the very same crops lately; None where it was not asked."""
        with self._lock:
            last = list(self._last)
        return next((maps for known, maps in reversed(last) if np.array_equal(known, crops)), None)

    def forget(self) -> None:
        """Keep nothing, from now on either."""
        self.keep = False
        with self._lock:
            self._last.clear()


class Borrowed(Seen):
    """Takes the answers of another one, and asks its own backbone only for what is missing there."""

    def __init__(self, lender: Seen) -> None:
        """Let the lender keep its answers."""
        super().__init__()
        self._lender = lender
        lender.keep = True

    def maps(self, backbone: Backbone, crops: FloatArray) -> Maps:
        found = self._lender.again(crops)
        return backbone.maps(crops) if found is None else found
