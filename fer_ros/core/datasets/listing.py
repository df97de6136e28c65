"""Tables that list pictures, as AffectNet has them: a path, a label and, where there is one, the face's box."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Roi
from fer_ros.core.datasets import tables
from fer_ros.core.datasets.folder import TRAINING
from fer_ros.core.datasets.left_out import LeftOut

#: Names of the columns, folded; of several that are there the first counts.
PATHS = (
    *("subdirectory_filepath", "path", "filepath", "file_path", "image_path", "img_path", "pth", "file"),
    *("filename", "file_name", "image_name", "image", "img", "picture"),
)
LABELS = ("expression", "label", "emotion", "class", "category")
SPLITS = ("split", "usage", "set", "subset")
#: Columns of a box: its corner and its size, or two opposite corners.
SIZES = (
    ("face_x", "face_y", "face_width", "face_height"),
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
)
CORNERS = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("left", "top", "right", "bottom"),
)
#: AffectNet's numbers (Mollahosseini et al. 2017, arXiv:1708.03985); the last three are no expression.
AFFECTNET = (
    "neutral",
    "happy",
    "sad",
    "surprise",
    "fear",
    "disgust",
    "angry",
    "contempt",
    "none",
    "uncertain",
    "no-face",
)
EXPRESSIONS = 8
#: Names that are no expression, besides.
_NO_EXPRESSION = re.compile(r"uncertain|no[n]?[-_ ]?face", re.IGNORECASE)
_NOTHING = ("", "null", "nan", "none")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table.

    :ivar label: as the table spells it, or the name of its number.
    :ivar box: in pixels of the picture, which it may leave; None where the table has none.
    """

    name: str
    file: Path
    label: str
    box: Roi | None


def is_one(path: Path) -> bool:
    """Whether a table has a column of paths and one of labels, and not the grey levels themselves.

    :raises ConfigError: it cannot be read.
    """
    names = [name.strip().casefold() for name in tables.header(path)]
    if {"pixels", "pixel"} & set(names) or _first(names, LABELS) is None or (column := _first(names, PATHS)) is None:
        return False
    # Some call FER2013's grey levels "image".
    first = next(tables.rows(path, (column,)), None)
    return first is None or re.fullmatch(r"[\d\s]{30,}", first[1][column] or "") is None


def entries(path: Path, left_out: LeftOut, split: str | None = None, measured: bool = False) -> list[Entry]:
    """The pictures of a table, sorted by label, that lie in the table's folder or below it.

    :param left_out: counts what lies elsewhere or is not there, what is no expression, and damaged lines.
    :param split: the only one that is taken, where the table has a column of splits.
    :param measured: where no split is named, take all but those for training, if there are others.
    :raises ConfigError: the table cannot be read or has no such split, or ``left_out`` is strict and a line is no good.
    """
    names = [name.strip().casefold() for name in tables.header(path)]
    of_path, of_label = _first(names, PATHS), _first(names, LABELS)
    if of_path is None or of_label is None:
        raise ConfigError(f"{path}: lists no pictures: a column path and a column label are expected")
    of_split = _first(names, SPLITS)
    box = next((columns for columns in (*SIZES, *CORNERS) if set(columns) <= set(names)), ())
    needed = tuple(dict.fromkeys([of_path, of_label, *([of_split] if of_split else []), *box]))
    rows = [(f"{path}: line {line}", row) for line, row in tables.rows(path, needed)]
    if of_split is not None:
        rows = _of_split(path, rows, of_split, split, measured)
    elif split is not None:
        raise ConfigError(f"{path}: this table has no splits; leave --split away")
    folder, found = _Folder(path.absolute().parent), []
    for name, row in rows:
        label = _label(name, row[of_label], of_label, left_out)
        if label is None:
            continue
        file, why = folder.file((row[of_path] or "").strip())
        if file is None:
            left_out.add(name, why, quoted(row[of_path] or ""))
            continue
        try:
            found.append(Entry(f"{name}, {file.name}", file, label, _box(row, box)))
        except ValueError:
            left_out.add(name, "of a damaged box", "four numbers of pixels expected")
    return sorted(found, key=lambda entry: entry.label)


class _Folder:
    """Finds files in a folder and below it, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._real = os.path.realpath(folder)
        self._known: dict[str, str] = {}  # folders as they are written → as they are

    def file(self, text: str) -> tuple[Path | None, str]:
        """The file; else None and what is wrong with it."""
        if not text or "\0" in text:
            return None, "without a path"
        try:
            for spelled in dict.fromkeys((text, text.replace("\\", "/"))):
                above, name = os.path.split(os.path.join(self._real, spelled))
                if above not in self._known:
                    self._known[above] = os.path.realpath(above)
                file = os.path.join(self._known[above], name)
                if os.path.islink(file) or name in ("", ".", ".."):
                    file = os.path.realpath(file)
                if os.path.commonpath([self._real, file]) != self._real:
                    return None, "outside the table's folder"
                if os.path.isfile(file):
                    return Path(file), ""
                if os.path.lexists(file):
                    return None, "no file"
        except (OSError, ValueError):  # such as a name that is too long
            return None, "without a path"
        return None, "missing"


def _first(names: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((name for name in wanted if name in names), None)


def _of_split(
    path: Path, rows: list[tuple[str, tables.Row]], column: str, split: str | None, measured: bool
) -> list[tuple[str, tables.Row]]:
    def named(row: tables.Row) -> str:
        return (row[column] or "").strip()

    if split is None:
        chosen = [entry for entry in rows if not measured or named(entry[1]).casefold() not in TRAINING]
        return chosen or rows
    chosen = [entry for entry in rows if named(entry[1]).casefold() == split.casefold()]
    if not chosen:
        there = ", ".join(sorted({named(row) for _, row in rows} - {""})[:12])
        raise ConfigError(f"{path}: no split {quoted(split)}: choose one of {there or 'none'}")
    return chosen


def _label(name: str, text: str | None, column: str, left_out: LeftOut) -> str | None:
    """The label; None for what is none, which is counted."""
    label = (text or "").strip()
    if re.fullmatch(r"\d{1,3}(\.0*)?", label):
        # A column of FER2013's name has its numbers.
        numbers = DEFAULT_LABELS if column == "emotion" else AFFECTNET
        source = "FER2013" if column == "emotion" else "AffectNet"
        left_out.note(name, f"labelled by the numbers of {source}: 0 {numbers[0]}, 1 {numbers[1]}, 2 {numbers[2]} …")
        number = int(float(label))
        if number >= len(numbers):
            left_out.add(name, "of an unknown number", f"label {label}, expected 0 to {len(numbers) - 1}")
            return None
        label = numbers[number]
        if number >= EXPRESSIONS:
            left_out.add(name, f"of no expression ({label})", harmless=True)
            return None
    elif _NO_EXPRESSION.fullmatch(label):
        left_out.add(name, f"of no expression ({label.casefold()})", harmless=True)
        return None
    if not label:
        left_out.add(name, "without a label")
        return None
    return label


def _box(row: tables.Row, columns: tuple[str, ...]) -> Roi | None:
    """The box of a line, whole pixels.

    :raises ValueError: it is none.
    """
    texts = [(row[column] or "").strip() for column in columns]
    if all(text.casefold() in _NOTHING for text in texts):
        return None
    numbers = [float(text) for text in texts]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("not finite")
    x, y, width, height = (round(number) for number in numbers)
    if columns in CORNERS:
        width, height = width - x, height - y
    if width < 1 or height < 1:
        raise ValueError("empty")
    return Roi(x, y, width, height)
