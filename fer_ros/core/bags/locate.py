"""Which bags exist, and which of them a request from elsewhere may name."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import compression, part_files
from fer_ros.core.base.errors import ConfigError, quoted, unknown_name
from fer_ros.core.base.paths import NAME_PATTERN, fer_home

#: Characters of a path and of a name in it at most; the system knows no longer ones (PATH_MAX, NAME_MAX).
MAX_PATH, MAX_NAME = 1_024, 255


def bag_folder() -> Path:
    """Where bags are recorded: ``$FER_HOME/bags``. It may not exist yet."""
    return fer_home() / "bags"


def listing(folder: Path | None = None) -> list[Path]:
    """The bags in a folder, by default :func:`bag_folder`, sorted by name; also those that are compressed."""
    parent = folder or bag_folder()
    try:
        return sorted(f for f in parent.iterdir() if f.is_dir() and not f.name.startswith(".") and _is_bag(f))
    except OSError:
        return []


def locate(text: str, folders: Iterable[Path] | None = None) -> Path:
    """The bag that a name or a path stands for.

    :param text: the name of a bag in :func:`bag_folder`, or a path.
    :param folders: where else it may lie, links followed, for requests from elsewhere; None allows any place, and
        paths from the working folder, as for a user's own command.
    :raises ConfigError: there is none, or it lies elsewhere.
    """
    if not text or "\0" in text or len(text) > MAX_PATH or max(map(len, text.split("/"))) > MAX_NAME:
        raise ConfigError("a bag's name is empty or not allowed: give the name of a recorded bag")
    path = bag_folder() / _expanded(text)
    if folders is not None:
        _check_inside(text, path, [bag_folder(), *folders])
    elif not path.exists():
        path = _expanded(text)
    if not path.exists():
        if NAME_PATTERN.fullmatch(text):
            raise unknown_name("bag", text, [bag.name for bag in listing()])
        raise ConfigError(f"{quoted(text)}: no such bag: record one with `fer record`")
    return path


def _is_bag(folder: Path) -> bool:
    return bool(part_files(folder) or compression(folder, metadata.read(folder)))


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of a user who does not exist
        return Path(text)


def new_name(folder: Path, nanoseconds: int) -> str:
    """A free name in a folder for a bag that begins now, such as ``2025-03-01_14-05-59``."""
    name = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(nanoseconds / 1e9))
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(name for name in names if not (folder / name).exists())


def _check_inside(text: str, path: Path, folders: list[Path]) -> None:
    try:
        real = path.resolve()
        inside = any(real.is_relative_to(folder.resolve()) and real != folder.resolve() for folder in folders)
    except (OSError, RuntimeError, ValueError):
        inside = False
    if not inside:
        shown = ", ".join(str(folder) for folder in folders)
        raise ConfigError(f"bag {quoted(text)} lies outside the allowed folders ({shown}): move it there")
