"""What the checks share: the class and its settings, and changes of live settings."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from fer_ros.core.base import settings
from fer_ros.core.base.contracts import CONTRACT, Plugin

TYPES = (bool, int, float, str)


def ensure(true: object, message: str) -> None:
    """Raise AssertionError with the message unless it is true."""
    if not true:
        raise AssertionError(message)


def check_class(cls: type[Any], kind: type[Plugin]) -> None:
    """Check the class as a whole: its base, its contract version, its docstring and its settings."""
    name = cls.__name__
    ensure(isinstance(cls, type) and issubclass(cls, kind), f"{name} is no subclass of {kind.__name__}")
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    ensure(not inspect.isabstract(cls), f"{name} lacks {', '.join(missing)}")
    ensure(isinstance(cls.contract, int) and 1 <= cls.contract <= CONTRACT, f"{name}.contract must be 1 to {CONTRACT}")
    ensure((cls.__doc__ or "").strip(), f"{name} has no docstring: its first line is shown by `fer plugins`")
    check_settings(cls.Settings, f"{name}.Settings")


def check_settings(settings_type: type[Any], name: str) -> None:
    """Check that the settings are a frozen dataclass of described fields, with defaults in range."""
    ensure(dataclasses.is_dataclass(settings_type), f"{name} is no dataclass")
    parameters = getattr(settings_type, "__dataclass_params__", None)
    ensure(parameters is not None and parameters.frozen, f"{name} is not frozen: write @dataclass(frozen=True)")
    for field in dataclasses.fields(settings_type):
        ensure("fer" in field.metadata, f"{name}.{field.name} is not made with fer_ros.setting(default, help)")
    for field_name, (kind, default, constraint) in settings.fields(settings_type).items():
        called = f"{name}.{field_name}"
        ensure(kind in TYPES, f"{called} must be of type bool, int, float or str")
        ensure(constraint.help.strip(), f"{called} has no help text")
        ensure("." not in field_name and not field_name.startswith("_"), f"{called}: choose a plain name")
        try:
            value = settings.check_value(called, kind, constraint, default)
        except Exception as error:
            raise AssertionError(f"{called}: its default is refused: {error}") from error
        ensure(type(value) is kind, f"{called}: its default must be of type {kind.__name__}")


def changed(current: Any) -> Iterator[Any]:
    """The settings with each live field changed in turn to another allowed value."""
    for name, (kind, _, constraint) in settings.fields(type(current)).items():
        if not constraint.live:
            continue
        for value in _others(kind, constraint, getattr(current, name)):
            try:
                yield dataclasses.replace(current, **{name: settings.check_value(name, kind, constraint, value)})
            except Exception:
                continue
            break


def check_configure(plugin: Plugin) -> None:
    """Change each live setting and check that the plugin keeps it; then restore the first settings."""
    first, name = plugin.settings, type(plugin).__name__
    for other in (*changed(first), first):
        plugin.configure(other)
        ensure(plugin.settings == other, f"{name}.configure must keep the settings: call super().configure(settings)")


def _others(kind: type, constraint: settings.Constraint, value: Any) -> list[Any]:
    if kind is bool:
        return [not value]
    if kind is str:
        return [choice for choice in constraint.choices or ("changed",) if choice != value]
    low, high = constraint.low, constraint.high
    return [kind(x) for x in (value + 1, value - 1, low, high) if x is not None and kind(x) != value]
