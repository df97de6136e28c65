"""Makes a finished file of SQLite one file again, where a reader has kept its log: one rename can move it then."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fer_ros.core.bags.mending import swap
from fer_ros.core.bags.mending.sqlite_salvage import finished
from fer_ros.core.bags.sqlite_file import SUFFIX
from fer_ros.core.bags.sqlite_open import as_os_error, has_log, opened
from fer_ros.core.bags.storages import unlink


def fold(file: Path) -> None:
    """Move the log beside a file into it. The next call finishes what a kill has interrupted.

    :raises OSError: the disk is full, or the file cannot be read; it and its log are as they were.
    """
    if file.suffix != SUFFIX:
        return
    swap.finish(file.parent)
    if not has_log(file):
        return
    mending = file.with_name(f"{swap.MENDING}{file.name}")
    unlink(mending)
    try:
        with as_os_error():
            with opened(file) as base:
                (count,) = base.execute("SELECT count(*) FROM messages").fetchone()
            finished(file, mending, count)
    except BaseException:
        with contextlib.suppress(OSError):
            unlink(mending)
        raise
    swap.exchange(file)
