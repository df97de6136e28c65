"""The check of sources."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import EndOfSource, Source
from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.base.types import Frame
from fer_ros.testing.common import check_class, check_configure, ensure

#: Seconds that a source may take for a frame.
TIMEOUT = 10.0
START, STEP = 1_700_000_000_000_000_000, 10_000_000


class _Clock:
    """A clock in nanoseconds that grows with each call."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += STEP
        return self.now


def check_source(cls: type[Source], settings: Any = None, frames: int = 5, own_stamps: bool = False) -> None:
    """Check a source by reading some frames, twice.

    :param settings: an instance of its ``Settings`` that works here; None takes the defaults.
    :param frames: the number of frames to read.
    :param own_stamps: the stamps do not come from the clock, for example in a recording.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Source)
    name, clock = cls.__name__, _Clock()
    source = cls(settings, clock=clock)
    first, longest = source.pauses
    ensure(0.0 < first <= longest, f"{name}.pauses must be two numbers above 0, the smaller one first")
    ensure(isinstance(source.settings, cls.Settings), f"{name}.__init__ must keep the settings: call super().__init__")
    source.close()
    _unavailable(source, "before open")
    for _ in range(2):
        source.open()
        last = 0
        try:
            for number in range(frames):
                frame = source.read(TIMEOUT)
                _check_frame(name, frame, last)
                if not own_stamps:
                    ensure(START < frame.stamp <= clock.now, f"{name}.read: stamps must come from self.clock()")
                last = frame.stamp
                if number == 1:
                    check_configure(source)
        except EndOfSource:
            ensure(last, f"{name} ended before its first frame")
        ensure(source.description.strip(), f"{name}.description is empty")
        ensure("\n" not in source.description, f"{name}.description must be one line")
        source.close()
        source.close()
        _unavailable(source, "after close")


def _unavailable(source: Source, when: str) -> None:
    name = type(source).__name__
    try:
        source.read(0.05)
    except (SourceUnavailable, EndOfSource):
        return
    except Exception as error:
        raise AssertionError(
            f"{name}.read {when} must raise SourceUnavailable, not {type(error).__name__}: {error}"
        ) from error
    finally:
        with contextlib.suppress(Exception):
            source.close()
    raise AssertionError(f"{name}.read {when} must raise SourceUnavailable")


def _check_frame(name: str, frame: object, last: int) -> None:
    ensure(isinstance(frame, Frame), f"{name}.read must return a Frame")
    assert isinstance(frame, Frame)
    image, stamp = frame.image, frame.stamp
    ensure(isinstance(image, np.ndarray) and image.dtype == np.uint8, f"{name}.read: the image must be uint8")
    good = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    ensure(good and image.size, f"{name}.read: the image must be (height, width) or (height, width, 3), not empty")
    ensure(isinstance(stamp, int) and stamp > last, f"{name}.read: stamps must be integers, each greater than the last")
