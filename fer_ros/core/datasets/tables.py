"""Tables of text as people have them: any encoding, separator and order of columns, packed by gzip or not."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from fer_ros.core.base.errors import ConfigError, quoted, reason

#: A line: column → text, None in what a short line lacks.
Row = dict[str, "str | None"]
SEPARATORS = ",;\t|"
#: Byte order marks and the encodings that they tell.
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
#: Characters of a line at most, and columns that an error names.
MAX_LINE, NAMED = 1 << 20, 12


def rows(
    path: Path,
    needed: tuple[str, ...],
    other_names: Mapping[str, str] | None = None,
    instead: str = "",
    unnamed: Callable[[list[str]], list[str] | None] = lambda _: None,
) -> Iterator[tuple[int, Row]]:
    """Line number and row, blank lines aside; columns are found by their names, in any case, order and with blanks.

    Every line is taken apart by itself, so that a quotation mark too many costs one row and not all that follow; a line
    that cannot be taken apart lacks all its columns.

    :param needed: columns that must be there, as the rows will name them.
    :param other_names: folded name → column, for names that other data sets use.
    :param instead: what else would do, for the error.
    :param unnamed: gets the first line's fields; the names of its columns where it is no header but a row, else None.
    :raises ConfigError: the file cannot be read, or a column is missing: the line says which are expected and there.
    """
    try:
        with _opened(path) as file:
            head = file.readline(MAX_LINE)
            separator = max(SEPARATORS, key=head.count)
            given = _fields(head, separator) or []
            known = {_folded(name): name for name in needed} | dict(other_names or {})
            bare = unnamed(given)
            names = bare or [known.get(_folded(name), name.strip()) for name in given]
            missing = [name for name in needed if name not in names]
            if missing:
                there = ", ".join(quoted(name.strip()) for name in given[:NAMED]) or "none"
                raise ConfigError(
                    f"{path}: column {', '.join(sorted(missing))} is missing: expected {', '.join(needed)}{instead}; "
                    f"its first line has {there}"
                )
            texts = itertools.chain([head] if bare else [], iter(lambda: file.readline(MAX_LINE), ""))
            for line, text in enumerate(texts, start=1 if bare else 2):
                if text.strip():
                    fields = _fields(text, separator) or []
                    yield line, dict(zip(names, [*fields, *[None] * len(names)], strict=False))
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error


def header(path: Path) -> list[str]:
    """The names of the columns, as they are written.

    :raises ConfigError: the file cannot be read.
    """
    try:
        with _opened(path) as file:
            head = file.readline(MAX_LINE)
            return _fields(head, max(SEPARATORS, key=head.count)) or []
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    binary: Any = gzip.open(path) if packed else path.open("rb")
    start = binary.read(4)
    binary.seek(0)
    # A spreadsheet's byte order mark would become part of the first column's name; UTF-16 goes without one, too.
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in start:
        encoding = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    return io.TextIOWrapper(binary, encoding=encoding, errors="replace")


def _fields(line: str, separator: str) -> list[str] | None:
    """The fields of one line, None where there is no sense in it."""
    # Python 3.10 refuses a line with NUL; later ones do not.
    stands = "\ufffd" if "\0" in line else "\0"
    plain = line.rstrip("\r\n").replace("\0", stands)
    try:
        fields = next(csv.reader([plain], delimiter=separator, skipinitialspace=True), None)
    except csv.Error:
        return None
    return fields and [field.replace(stands, "\0") for field in fields]


def _folded(name: str) -> str:
    return name.strip().casefold()
