"""The folder of a bag: which files it consists of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.metadata import Metadata
from fer_ros.core.bags.storages import BY_SUFFIX
from fer_ros.core.base.errors import ConfigError, quoted

#: Beginning of the name of a file whose take was discarded and which is about to be removed.
DISCARDED = ".discarded-"
#: What rosbag2 appends to the name of a file that it has compressed.
_COMPRESSED = (".zstd", ".lz4")


def part_files(folder: Path, about: Metadata | None = None) -> list[Path]:
    """The files of a bag in order: those in ``metadata.yaml``, then those not listed yet.

    Symbolic links are files of a bag only if ``metadata.yaml`` names them, or if it names nothing.

    :param about: what it says, where it was read already.
    """
    stated = (about or metadata.read(folder)).parts
    found = {
        file.name: file
        for file in sorted(folder.iterdir(), key=lambda f: _order(f.name))
        if file.suffix in BY_SUFFIX
        and not file.name.startswith(".")
        and file.is_file()
        and (not file.is_symlink() or not stated or file.name in stated)
    }
    listed = [found.pop(name) for name in dict.fromkeys(stated) if name in found]
    return [*listed, *found.values()]


def open_folder(path: Path) -> tuple[list[Path], Metadata]:
    """The files of a bag and what its ``metadata.yaml`` says.

    :raises ConfigError: it is no bag, or a file is missing.
    :raises OSError: the folder cannot be read.
    """
    stated = metadata.read(path)
    files = part_files(path, stated)
    if _missing(path, stated, files):
        # Whoever records may have discarded a take in this moment: metadata.yaml tells by now.
        stated = metadata.read(path)
        files = part_files(path, stated)
    check_plain(path, stated)
    for name in _missing(path, stated, files):
        if (path / name).is_symlink():
            raise ConfigError(f"{path} is damaged: its file {quoted(name)} is a link to a file that is missing")
        raise ConfigError(
            f"{path} is damaged: its file {quoted(name)} is missing; restore it, or run `fer bags {path.name} --repair`"
        )
    if not files:
        raise ConfigError(f"{path} is no bag: it holds neither a file .mcap nor .db3 (or nothing was recorded yet)")
    if len({file.suffix for file in files}) > 1:
        raise ConfigError(f"{path} holds files of two storages, .mcap and .db3: keep those of one bag")
    return files, stated


def compression(folder: Path, stated: Metadata) -> str:
    """How another program has compressed a bag, such as ``zstd``, also where ``metadata.yaml`` is lost; else empty.

    :raises OSError: the folder cannot be read.
    """
    return stated.compression or next((file.suffix[1:] for file in _compressed(folder)), "")


def check_plain(folder: Path, stated: Metadata) -> None:
    """Make sure that a bag is not compressed.

    :raises ConfigError: it is; the message names the tool that unpacks it.
    """
    found = compression(folder, stated)
    if not found:
        return
    tool = "it with `ros2 bag convert`"
    # That one needs metadata.yaml, and unpacks files of no other kind unless somebody installs a plugin.
    if _compressed(folder) and not (found == "zstd" and stated.parts):
        tool = f"its files with `{found} -d`, then run `ros2 bag reindex`"
    raise ConfigError(f"{folder} was compressed ({found}) by another program: it is left as it is; unpack {tool}")


def _compressed(folder: Path) -> list[Path]:
    files = [folder / entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")]
    return sorted(f for f in files if f.suffix in _COMPRESSED and Path(f.stem).suffix in BY_SUFFIX)


def check_empty(folder: Path) -> None:
    """Make sure that no foreign files lie where a new bag goes.

    :raises ConfigError: it does.
    """
    foreign = sorted(e.name for e in os.scandir(folder) if e.name != metadata.FILE and not e.name.startswith("."))
    if foreign:
        raise ConfigError(f"{folder} is no bag but holds {foreign[0]}: name another folder")


def last_number(files: Iterable[str]) -> int:
    """The highest number in the names of a bag's files, so that no name is used twice; 0 if there is none."""
    numbers = [Path(name).stem.rpartition("_")[2] for name in files]
    return max((int(n) for n in numbers if n.isascii() and n.isdigit()), default=0)


def _missing(path: Path, stated: Metadata, files: list[Path]) -> list[str]:
    names = {file.name for file in files}
    # A crash while a take was being discarded leaves its file under another name.
    return [n for n in stated.parts if n not in names and not (path / f"{DISCARDED}{n}").exists()]


def _order(name: str) -> list[tuple[int, str]]:
    """File names in the order people expect: 2 before 10."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"(\d+)", name)]
