"""The machine: processor, memory, load, clock."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator

from fer_ros.cli import machine
from fer_ros.cli.checks.finding import Finding, info, ok, warning

LOW_MEMORY = 400_000_000
#: Before this, no clock that is set can be: seconds since 1970 of 2024-01-01.
PAST = 1_704_067_200
TIME_ERROR = 5


def check() -> Iterator[Finding]:
    """Facts, and warnings of what makes a robot slow or its stamps wrong."""
    found = machine.describe()
    memory, load = found["memory_bytes"] / 1e9, found["load"][0]
    yield info(f"{found['cpu']}, {found['cores']} cores, {memory:.1f} GB memory, load {load:.1f}", **found)
    free = machine.available_memory()
    if 0 <= free < LOW_MEMORY:
        yield warning(f"{free // 1_000_000} MB of memory are left", "stop what uses it: the robot needs some 300 MB")
    if load > 2 * found["cores"]:
        yield warning(
            f"load {load:.1f} on {found['cores']} cores: frames will be late",
            "`top` shows which process is busy",
        )
    yield from _clock()


def _clock() -> Iterator[Finding]:
    now = time.time()
    if now < PAST:
        yield warning(
            f"the clock says {time.strftime('%Y-%m-%d', time.gmtime(now))}", "set it: `sudo timedatectl set-ntp true`"
        )
    elif synchronized():
        yield ok("the clock is kept by a time server", synchronized=True)
    else:
        yield info("the clock is not synchronized: compare stamps within this machine only", synchronized=False)


def synchronized() -> bool:
    """Whether the kernel counts its clock as synchronized, by ``adjtimex`` with nothing to change (man 2 adjtimex)."""
    if not sys.platform.startswith("linux"):
        return False
    # struct timex has 208 bytes on 64-bit systems; all zero means: only read.
    status = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    return bool(0 <= status != TIME_ERROR)
