"""A fixed piece of work, to tell a slower program from a slower machine.

It runs between the frames that are measured, so that what else the machine does slows both alike. Processor time over
the reference's of the same run can be compared with that of another run, and roughly with that of another machine.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

#: Elements of the arrays: 128 kB each, which the second level of a core's cache holds; and of what is copied, 3 MB.
ELEMENTS, COPIED = 1 << 15, 3 << 20
#: Rounds of Python's own loop.
ROUNDS = 8000

_rng = np.random.default_rng(0)
_a, _b, _keys = (_rng.random(ELEMENTS, dtype=np.float32) for _ in range(3))
_out = np.empty_like(_a)
_from = np.zeros(COPIED, np.uint8)
_to = np.empty_like(_from)


def once() -> float:
    """Do it; seconds of processor time. In near equal parts arithmetic on arrays, sorting, copying, plain Python."""
    began = time.thread_time()
    for _ in range(8):
        np.multiply(_a, _b, out=_out)
        np.add(_out, _a, out=_out)
        np.sqrt(_out, out=_out)
    np.sort(_keys[: ELEMENTS // 2])
    for _ in range(2):
        np.copyto(_to, _from)
    total = 0
    for number in range(ROUNDS):
        total += number & 7
    return time.thread_time() - began


def median_ms(rounds: int = 15) -> float:
    """The median of some rounds, milliseconds."""
    return round(1e3 * statistics.median(once() for _ in range(rounds)), 4)
