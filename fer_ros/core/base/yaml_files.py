"""YAML files that were written elsewhere: plain values, small, shallow, without aliases, refused in one line otherwise.

This module builds the values from the parser's events, so that it can count everything as it grows. What a
plain word means is as in YAML 1.1, but for some of its surprises: ``12:30`` and ``2025-03-01`` are texts, and ``.nan``
and ``.inf`` are None, a figure that is not known.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from fer_ros.core.base import json_text
from fer_ros.core.base.checks import Check
from fer_ros.core.base.errors import ConfigError, quoted, reason

#: Bytes and values from which a file counts as a mistake or an attack: ``model.yaml`` has a few thousand bytes.
MAX_BYTES, MAX_VALUES = 1 << 20, 50_000
MAX_DEPTH = json_text.MAX_DEPTH

#: The parser of the C library, some ten times as fast, where PyYAML was built with it.
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((w for word in ("yes", "true", "on") for w in (word, word.title(), word.upper())), True),
    **dict.fromkeys((w for word in ("no", "false", "off") for w in (word, word.title(), word.upper())), False),
}
_WHOLE = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)")
_REAL = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def read(path: Path, check: Check | None = None) -> Any:
    """The content of a YAML file: None, bool, int of 64 bits, finite float, str, list or dict.

    :param check: what the content must be.
    :raises ConfigError: it is missing, no regular file, larger than :data:`MAX_BYTES`, no YAML of plain values, or
        refused by ``check``.
    """
    data = json_text.read_bytes(path, MAX_BYTES)
    try:
        content = parse(data)
        return content if check is None else check.check("", content)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(data: bytes) -> Any:
    """As :func:`read`, for UTF-8 text that is not too large."""
    build = _Builder()
    try:
        for event in yaml.parse(data.decode("utf-8"), Loader=_Parser):
            build.take(event)
    except ConfigError:
        raise
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{line}{error.problem or reason(error)}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"cannot be read: {reason(error)}") from error
    return build.content


class _Builder:
    """Builds values. Open containers are on a stack of its own, so no text can exhaust Python's."""

    def __init__(self) -> None:
        self.content: Any = None
        self._open: list[list[Any] | dict[Any, Any]] = []
        self._keys: list[Any] = []
        self._documents = self._values = 0

    def take(self, event: yaml.Event) -> None:
        """Take the parser's next event.

        :raises ConfigError: it is not allowed.
        """
        try:
            self._take(event)
        except (ConfigError, ValueError) as error:
            line = f"line {event.start_mark.line + 1}: " if event.start_mark else ""
            raise ConfigError(f"{line}{reason(error)}") from error

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("aliases are not allowed")
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise ConfigError("a second document is not allowed")
        elif isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event))
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            kind = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
            if event.tag not in (None, "!", f"{_TAG}{kind}"):
                raise ConfigError(f"the tag {quoted(event.tag)} is not allowed")
            container: list[Any] | dict[Any, Any] = [] if kind == "seq" else {}
            self._add(container)
            self._open.append(container)
            self._keys.append(_NONE)
            if len(self._open) > MAX_DEPTH:
                raise ConfigError(f"more than {MAX_DEPTH} containers within each other")
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._open.pop()
            self._keys.pop()

    def _add(self, value: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise ConfigError(f"more than {MAX_VALUES} values")
        if not self._open:
            self.content = value
            return
        outer = self._open[-1]
        if isinstance(outer, list):
            outer.append(value)
        elif self._keys[-1] is _NONE:
            if not isinstance(value, Hashable):
                raise ConfigError("a name must be a plain value")
            self._keys[-1] = value
        else:
            outer[self._keys[-1]] = value
            self._keys[-1] = _NONE


#: Stands for no name yet.
_NONE = object()


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    plain, quoted_text = event.implicit
    if event.tag in ("!", f"{_TAG}str") or (event.tag is None and not plain and quoted_text):
        return text
    if event.tag is not None:
        return _tagged(event.tag, text)
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return _whole(text)
    if _REAL.fullmatch(text):
        return json_text.real(text.replace("_", ""))
    return None if _NOT_FINITE.fullmatch(text) else text


def _tagged(tag: str, text: str) -> Any:
    if tag == f"{_TAG}int" and _WHOLE.fullmatch(text):
        return _whole(text)
    if tag == f"{_TAG}float" and (_REAL.fullmatch(text) or text.isdecimal()):
        return json_text.real(text.replace("_", ""))
    if tag in (f"{_TAG}bool", f"{_TAG}null") and text in _WORDS:
        return _WORDS[text]
    if tag in (f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"):
        raise ConfigError(f"{quoted(text)} is not what its tag {quoted(tag)} says")
    raise ConfigError(f"the tag {quoted(tag)} is not allowed")


def _whole(text: str) -> int:
    text = text.replace("_", "")
    digits = text.lstrip("+-")
    base = {"0b": 2, "0x": 16}.get(digits[:2], 8 if digits[:1] == "0" and len(digits) > 1 else 10)
    sign = "-" if text[0] == "-" else ""
    return json_text.whole(sign + digits, 8) if base == 8 else json_text.whole(sign + digits, base)
