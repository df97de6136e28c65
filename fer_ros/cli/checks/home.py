"""The folder of the user's bags and models."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fer_ros.cli.checks.finding import Finding, error, ok, warning
from fer_ros.core.base.paths import fer_home

LOW_BYTES = 1_000_000_000


def check() -> Iterator[Finding]:
    """It can be written, others cannot read it, and the disk has room."""
    home = fer_home()
    folder = next(p for p in (home, *home.absolute().parents) if p.exists())
    cure = "set FER_HOME to a folder that you may write, or mend the owner by chown"
    if not folder.is_dir():
        yield error(f"{folder} is a file, not a folder", cure, path=str(home))
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"fer")
            file.flush()
    except OSError as problem:
        yield error(f"{home} cannot be written: {problem.strerror}", cure, path=str(home))
        return
    if folder == home:
        yield from _private(home)
    made = "" if folder == home else " (made when it is first needed)"
    free = shutil.disk_usage(folder).free
    text = f"{home}{made}: can be written, {free / 1e9:.0f} GB free"
    if free < LOW_BYTES:
        yield warning(f"{home}: {free // 1_000_000} MB left on its disk", "make room, or set FER_HOME to another disk")
    else:
        yield ok(text, path=str(home), free_bytes=free)


def _private(home: Path) -> Iterator[Finding]:
    """Bags show people's faces: nobody else has to see them."""
    status = home.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        yield warning(f"{home} can be read by others (mode {mode:o})", f"`chmod 700 {home}`", mode=f"{mode:o}")
    if status.st_uid != os.geteuid():
        yield warning(f"{home} belongs to another user", f"`sudo chown -R $(id -u) {home}`", owner=status.st_uid)
