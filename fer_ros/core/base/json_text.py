"""JSON that was written elsewhere: small, shallow, with numbers of ordinary length, refused in one line otherwise."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from fer_ros.core.base.checks import Check
from fer_ros.core.base.errors import ConfigError, quoted, reason

#: Bytes of a file from which it counts as a mistake or an attack.
MAX_BYTES = 1 << 22
#: Containers within each other at most, characters of a number, and bits of a whole number with its sign.
MAX_DEPTH, MAX_NUMBER, MAX_BITS = 32, 64, 64


def parse(text: str | bytes, most: int = MAX_BYTES, check: Check | None = None) -> Any:
    """The content: None, bool, int, float, str, list or dict; all numbers finite.

    :param most: characters or bytes.
    :param check: what the content must be.
    :raises ConfigError: it is too large or too deep, no JSON, or refused by ``check``.
    """
    if len(text) > most:
        raise ConfigError(f"JSON of {len(text)} characters: {most} are allowed")
    try:
        content = json.loads(text, parse_int=whole, parse_float=real, parse_constant=_no_constant)
    except ConfigError:
        raise
    except RecursionError:
        raise ConfigError(f"more than {MAX_DEPTH} containers within each other") from None
    except ValueError as error:
        raise ConfigError(f"JSON is expected: {reason(error)}") from None
    check_depth(content)
    return content if check is None else check.check("", content)


def read(path: Path, most: int = MAX_BYTES, check: Check | None = None) -> Any:
    """The content of a file, see :func:`parse`.

    :raises ConfigError: it is missing or no regular file, too; the message names the file.
    """
    data = read_bytes(path, most)
    try:
        return parse(data, most, check)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def read_bytes(path: Path, most: int) -> bytes:
    """Read a whole regular file; one that is too large is not read to its end.

    :raises ConfigError: it is missing, no regular file, larger than ``most`` bytes, or cannot be read.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from error
    if len(data) > most:
        raise ConfigError(f"{path}: larger than {most} bytes, so it cannot be the right file")
    return data


def whole(text: str, base: int = 10) -> int:
    """A whole number that fits into 64 bits.

    :raises ConfigError: it does not, or is so long that reading it would take time.
    :raises ValueError: the text is no number.
    """
    if len(text) > MAX_NUMBER:
        raise ConfigError(f"a number of {len(text)} characters: {MAX_NUMBER} are allowed")
    number = int(text, base)
    if number.bit_length() >= MAX_BITS:
        raise ConfigError(f"the number {quoted(number)} is too large")
    return number


def real(text: str) -> float:
    """A finite number.

    :raises ConfigError: it is not, or has too many digits.
    :raises ValueError: the text is no number.
    """
    if len(text) > MAX_NUMBER:
        raise ConfigError(f"a number of {len(text)} characters: {MAX_NUMBER} are allowed")
    number = float(text)
    if not math.isfinite(number):
        raise ConfigError(f"the number {text} is not finite")
    return number


def check_depth(content: Any) -> None:
    """Refuse content that is nested too deeply to walk through.

    :raises ConfigError: there are more than :data:`MAX_DEPTH` containers within each other.
    """
    layer = [content]
    for _ in range(MAX_DEPTH + 1):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, (list, dict))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return
    raise ConfigError(f"more than {MAX_DEPTH} containers within each other")


def _no_constant(name: str) -> float:
    raise ConfigError(f"the number {name} is not finite")
