"""Settings of plugins and nodes as frozen dataclasses, each field with a description and a range.

The same fields become ROS 2 parameters with descriptors (``fer_ros.nodes.parameters``) and command-line options. So a
range stands once and is checked everywhere.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

from fer_ros.core.base.checks import Value
from fer_ros.core.base.errors import ConfigError, unknown_name

S = TypeVar("S")

#: Characters of a text that something is set to at most: every later check of the settings goes over it again.
MAX_TEXT = 8_192


@dataclasses.dataclass(frozen=True, slots=True)
class Constraint:
    """The allowed values of a setting; the metadata that :func:`setting` attaches to a field."""

    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    live: bool = False


def setting(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    live: bool = False,
) -> Any:
    """A dataclass field for a setting.

    :param default: the default; its type is the setting's type (bool, int, float or str).
    :param help: one line with the unit.
    :param low: smallest allowed number, inclusive.
    :param high: largest allowed number, inclusive.
    :param choices: allowed strings.
    :param live: whether it can change while running; otherwise its ROS parameter is read-only.
    """
    return dataclasses.field(default=default, metadata={"fer": Constraint(help, low, high, choices, live)})


@dataclasses.dataclass(frozen=True)
class NoSettings:
    """For plugins that have nothing to set."""


def fields(settings_type: type[Any]) -> dict[str, tuple[type, Any, Constraint]]:
    """Name → (type, default, constraint) of each setting of a dataclass made with :func:`setting`."""
    key: Any = settings_type
    return _fields(key)


@functools.lru_cache(maxsize=256)
def _fields(settings_type: Any) -> dict[str, tuple[type, Any, Constraint]]:
    hints = get_type_hints(settings_type)
    return {f.name: (hints[f.name], f.default, f.metadata["fer"]) for f in dataclasses.fields(settings_type)}


def check_value(name: str, kind: type, constraint: Constraint, value: Any) -> Any:
    """The value, converted to ``kind`` if that loses nothing.

    :raises ConfigError: wrong type, not finite, out of range, not one of the choices, or a text that is too long.
    """
    low, high = constraint.low, constraint.high
    return Value(kind, low, MAX_TEXT if kind is str else high, constraint.choices).check(name, value)


def make(settings_type: type[S], values: Mapping[str, Any], prefix: str = "") -> S:
    """Build and check settings from plain values.

    :param values: setting name → value; missing ones keep their defaults.
    :param prefix: put before the names in error messages, such as ``"detector."``.
    :raises ConfigError: an unknown name or a value that :func:`check_value` refuses.
    """
    known = fields(settings_type)
    checked = {}
    for name, value in values.items():
        if name not in known:
            raise unknown_name("setting", f"{prefix}{name}", [f"{prefix}{n}" for n in known])
        kind, _, constraint = known[name]
        checked[name] = check_value(f"{prefix}{name}", kind, constraint, value)
    return settings_type(**checked)


def from_text(name: str, kind: type, text: str) -> Any:
    """A value of the right type from typed text; :func:`make` checks the range.

    :raises ConfigError: it cannot be one.
    """
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, kind.__name__)
        raise ConfigError(f"{name} must be {wanted}, got '{text}'") from None
