"""Checks of values: one kind for settings, for messages of the page, and for files from outside.

Each check has ``check(name, value)``. It gives the value, or raises a ConfigError of one line that begins with the
name. Its ``default`` replaces a missing value; None means that the value is required.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fer_ros.core.base.errors import ConfigError, quoted


class Check(Protocol):
    """Any of those below."""

    @property
    def default(self) -> Any:
        """Replaces a value that is missing or null; None if the value is required."""

    def check(self, name: str, value: Any) -> Any:
        """The value.

        :raises ConfigError: it is not allowed.
        """


@dataclass(frozen=True, slots=True)
class Value:
    """A bool, int, float or str.

    :ivar kind: a float may be written as an integer.
    :ivar low: of a number; of a text, its fewest characters. ``high`` likewise; None for no bound.
    :ivar choices: the texts that are allowed.
    :ivar pattern: that a text must match as a whole.
    :ivar shown: a text must consist of characters that can be shown.
    """

    kind: type
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    pattern: str = ""
    shown: bool = False
    default: Any = None

    def check(self, name: str, value: Any) -> Any:
        """See :class:`Check`."""
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            try:
                value = float(value)
            except OverflowError:
                raise ConfigError(f"{name} must be a finite number, got {quoted(value)}") from None
        if not isinstance(value, self.kind) or (isinstance(value, bool) and self.kind is not bool):
            raise ConfigError(f"{name} must be of type {self.kind.__name__}, got {quoted(value)}")
        if isinstance(value, str):
            self._check_text(name, value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"{name} must be a finite number, got {quoted(value)}")
            if not self._within(value):
                raise ConfigError(f"{name} = {quoted(value)} is out of range: allowed is {self._range()}")
        if self.choices is not None and value not in self.choices:
            raise ConfigError(f"{name} = {quoted(value)} is not known: choose one of {', '.join(self.choices)}")
        return value

    def _check_text(self, name: str, value: str) -> None:
        if not self._within(len(value)):
            raise ConfigError(f"{name} has {len(value)} characters: allowed is {self._range()}")
        if self.shown and not (value.isprintable() and _encodable(value)):
            raise ConfigError(f"{name} holds characters that cannot be shown: {quoted(value)}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise ConfigError(f"{name} is not allowed: {quoted(value)}")

    def _within(self, number: float) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def _range(self) -> str:
        low, high = ("any" if bound is None else f"{bound:g}" for bound in (self.low, self.high))
        return f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list.

    :ivar of: what each row must be.
    :ivar low: fewest rows, ``high`` most.
    """

    of: Check
    low: int = 0
    high: int = 10_000
    default: Any = None

    def check(self, name: str, value: Any) -> list[Any]:
        """See :class:`Check`."""
        if not isinstance(value, list):
            raise ConfigError(f"{name} must be of type list, got {quoted(value)}")
        if not self.low <= len(value) <= self.high:
            raise ConfigError(f"{name} has {len(value)} rows: allowed is {self.low} to {self.high}")
        return [self.of.check(f"{name}[{at}]", row) for at, row in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with free names.

    :ivar of: what each entry must be; None for any plain value.
    :ivar high: entries at most.
    """

    of: Check | None = None
    high: int = 1_000
    default: Any = None

    def check(self, name: str, value: Any) -> dict[str, Any]:
        """See :class:`Check`."""
        content = _mapping(name, value)
        if len(content) > self.high:
            raise ConfigError(f"{name} has {len(content)} entries: allowed are {self.high}")
        if self.of is None:
            return content
        return {key: self.of.check(f"{name}[{quoted(key)}]", inner) for key, inner in content.items()}


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with the named entries; others are left out."""

    entries: Mapping[str, Check]
    default: Any = None

    def check(self, name: str, value: Any) -> dict[str, Any]:
        """See :class:`Check`.

        :param name: empty if messages should name the entries alone.
        """
        content, found = _mapping(name, value), {}
        for key, check in self.entries.items():
            inner, called = content.get(key), f"{name}.{key}" if name else key
            if inner is None and check.default is None:
                raise ConfigError(f"{called} is missing")
            found[key] = copy.copy(check.default) if inner is None else check.check(called, inner)
        return found


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ConfigError(f"{name or 'the content'} must be names with values, got {quoted(value)}")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
