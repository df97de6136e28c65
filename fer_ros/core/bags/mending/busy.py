"""Whether another program writes to a file: it has the file open for writing, or the file grows."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from fer_ros.core.bags.sqlite_open import COMPANIONS

#: Seconds within which a file counts as written just now, and for which it is then watched. Whoever writes frames
#: writes many times in that time; programs of other users and machines show by nothing else.
RECENT, WATCH = 2.0, 0.25

Moment = tuple[tuple[str, int, int, int], ...]


def moment(files: Iterable[Path]) -> Moment:
    """Name, inode, size and time of change of files, and of what SQLite keeps beside them."""
    found = []
    for file in files:
        for suffix in ("", *COMPANIONS):
            with contextlib.suppress(OSError):
                status = os.stat(f"{file}{suffix}")
                found.append((f"{file.name}{suffix}", status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def writer(files: Iterable[Path]) -> str:
    """The process that has a file open for writing, such as ``process 4711 (ros2)``; empty if none is seen."""
    wanted = set()
    for file in files:
        for suffix in ("", *COMPANIONS):
            with contextlib.suppress(OSError):
                status = os.stat(f"{file}{suffix}")
                wanted.add((status.st_dev, status.st_ino))
    for process in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and those of other users are closed to us.
        with contextlib.suppress(OSError):
            for handle in os.scandir(process / "fd"):
                with contextlib.suppress(OSError):
                    status = handle.stat()
                    if (status.st_dev, status.st_ino) in wanted and _writes(process, handle.name):
                        return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return ""


def grows(files: list[Path], watch: float = WATCH) -> bool:
    """Whether files written just now keep growing."""
    before = moment(files)
    newest = max((changed for *_, changed in before), default=0)
    if abs(time.time() - newest / 1e9) > RECENT:
        return False
    time.sleep(watch)
    return moment(files) != before


def _writes(process: Path, handle: str) -> bool:
    for line in (process / "fdinfo" / handle).read_text().splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return False
