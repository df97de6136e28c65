"""Text for terminals: aligned tables, and nothing from a file that could control the terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence


def clean(value: object) -> str:
    """One line without control characters: names and labels come from files of anybody, escape sequences included."""
    return "".join(c if c.isprintable() else "�" for c in str(value))


def width(text: str) -> int:
    """Columns that a text takes on a terminal: wide characters, such as Korean ones, take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """Rows under a header, columns two blanks apart, no blanks at the ends of lines.

    :param right: numbers of the columns whose cells end, rather than begin, together.
    """
    cells = [[clean(cell) for cell in row] for row in (header, *rows)]
    widths = [max(width(cell) for cell in column) for column in zip(*cells, strict=True)]
    to_right = frozenset(right)
    lines = []
    for row in cells:
        padded = (
            " " * (wide - width(cell)) + cell if number in to_right else cell + " " * (wide - width(cell))
            for number, (cell, wide) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def size(count: int) -> str:
    """A number of bytes for people, such as ``3.2 MB`` (powers of 1000)."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def warn(message: str) -> None:
    """Print a warning on one line of stderr."""
    print(f"WARNING: {clean(message)}", file=sys.stderr)
