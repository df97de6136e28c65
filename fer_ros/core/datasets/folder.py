"""The pictures in a folder of any depth, found by what the files hold; every file that is left out is counted."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.vision.kinds import EMPTY
from fer_ros.core.vision.pictures import file_kind

#: Names of folders that are splits of a data set and hold the folders named by label.
TRAINING = ("train", "training", "trainset")
MEASURING = ("test", "testing", "testset", "val", "valid", "validation", "dev", "eval", "publictest", "privatetest")
SPLITS = TRAINING + MEASURING
#: Endings of files that somebody takes for pictures, whatever they hold.
ENDINGS = re.compile(
    r"\.(jp[eg]|jpeg|jfif|png|gif|bmp|dib|webp|tiff?|hei[cf]|avif|jp2|j2k|jxl|p[pgbnaf]m|hdr|exr|tga|dng|cr[23]|nef|arw)",
    re.IGNORECASE,
)


def pictures(path: Path, left_out: LeftOut, split: str | None = None, measured: bool = False) -> list[tuple[Path, str]]:
    """The pictures below ``<label>/``, or below ``<split>/<label>/``, with their labels, in natural order.

    :param left_out: counts what is no picture, unreadable here, or lies beside the folders.
    :param split: the only folder of a split that is taken.
    :param measured: where no split is named, take all but those for training, if there are others.
    :raises ConfigError: the folder cannot be listed, there is no such split, or ``left_out`` is strict and something
        that looks like a picture is no good.
    """
    try:
        tops = _folders(path)
        parts = [top for top in tops if top.name.casefold() in SPLITS]
        if tops and len(parts) == len(tops):
            found = _of_splits(path, parts, left_out, split, measured)
        elif split is not None:
            raise ConfigError(f"{path}: this folder has no splits; leave --split away")
        else:
            found = _of_labels(path, tops, left_out)
        for file, _ in loose(path, left_out):
            left_out.add(str(file), "beside the folders named by label")
        return found
    except OSError as error:
        raise ConfigError(f"{quoted(str(path))} cannot be listed: {reason(error)}") from error


def loose(folder: Path, left_out: LeftOut, label: str = "") -> list[tuple[Path, str]]:
    """The pictures that lie in a folder itself, in natural order."""
    with os.scandir(folder) as entries:
        files = sorted((Path(entry.path) for entry in entries if not entry.is_dir()), key=natural)
    return [(file, label) for file in files if _is_picture(file, left_out)]


def below(path: Path, left_out: LeftOut) -> list[tuple[Path, str]]:
    """The pictures in the folders of a folder, with the names of these as labels."""
    tops = _folders(path)
    parts = [top for top in tops if top.name.casefold() in SPLITS]
    if tops and len(parts) == len(tops):
        return _of_splits(path, parts, left_out, None, False)
    return _of_labels(path, tops, left_out)


def deep(folder: Path, left_out: LeftOut, label: str) -> list[tuple[Path, str]]:
    """The pictures in a folder and in those below it, in natural order."""
    found = loose(folder, left_out, label)
    for inner in _folders(folder):
        if inner.is_symlink():  # it may lead back to where it lies
            left_out.add(str(inner), "folder behind a link", harmless=True)
        else:
            found += deep(inner, left_out, label)
    return found


def natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key: runs of digits by their value, the rest by its letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name)
    return [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts] + [(-1, 0, path.name)]


def _of_splits(
    path: Path, parts: list[Path], left_out: LeftOut, split: str | None, measured: bool
) -> list[tuple[Path, str]]:
    if split is not None:
        chosen = [part for part in parts if part.name.casefold() == split.casefold()]
        if not chosen:
            raise ConfigError(f"{path}: no split {quoted(split)}: choose one of {', '.join(p.name for p in parts)}")
    else:
        chosen = [part for part in parts if part.name.casefold() not in TRAINING] if measured else parts
    found: list[tuple[Path, str]] = []
    for part in chosen or parts:
        found += _of_labels(part, _folders(part), left_out)
        for file, _ in loose(part, left_out):
            left_out.add(str(file), "beside the folders named by label")
    return sorted(found, key=lambda entry: entry[1])


def _of_labels(path: Path, tops: list[Path], left_out: LeftOut) -> list[tuple[Path, str]]:
    return [entry for top in tops for entry in deep(top, left_out, top.name)]


def _folders(path: Path) -> list[Path]:
    return sorted((p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")), key=natural)


def _is_picture(file: Path, left_out: LeftOut) -> bool:
    if file.name.startswith("."):  # such as the "._happy.jpg" that macOS leaves beside each file
        left_out.add(str(file), "hidden", harmless=True)
        return False
    kind = file_kind(file)
    if kind.picture:
        return True  # what cannot be read here says so itself, once it is read
    what = _unopened(file) if kind is EMPTY else f"no picture ({kind})"
    left_out.add(str(file), what, harmless=not ENDINGS.fullmatch(file.suffix))
    return False


def _unopened(file: Path) -> str:
    try:
        return "empty" if file.is_file() and not file.stat().st_size else "that cannot be opened"
    except OSError:
        return "that cannot be opened"
