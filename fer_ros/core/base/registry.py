"""Plugins by entry point: listed without importing, loaded one at a time.

A plugin is a class named by an entry point of one of the groups in :data:`GROUPS`. A package of someone else adds a
plugin by its own entry point and nothing else. Names are unique in a group. If two packages give the same name, the
first one found wins and the other is reported.
"""

from __future__ import annotations

import configparser
import functools
import importlib.metadata
import inspect
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fer_ros import __version__
from fer_ros.core.base import contracts, settings
from fer_ros.core.base.errors import ConfigError, quoted, reason, unknown_name

log = logging.getLogger(__name__)

GROUPS: dict[str, type[contracts.Plugin]] = {
    "sources": contracts.Source,
    "detectors": contracts.Detector,
    "backbones": contracts.Backbone,
    "heads": contracts.Head,
    "filters": contracts.Filter,
    "sinks": contracts.Sink,
}


#: Plugins of earlier versions → what to do without them.
GONE = {("heads", "fine_tune"): "is gone since 0.2: choose head auto, which reads people better and takes a second"}


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """The facts of a plugin that need no import."""

    kind: str
    name: str
    target: str
    package: str


def entry_points(kind: str) -> dict[str, importlib.metadata.EntryPoint]:
    """All entry points of a kind by name, without importing any.

    :param kind: a key of :data:`GROUPS`, such as ``"detectors"``.
    """
    if kind not in GROUPS:
        raise unknown_name("plugin group", kind, GROUPS)
    found: dict[str, importlib.metadata.EntryPoint] = {}
    for point in _all_entry_points(_state_of_path()).select(group=f"fer_ros.{kind}"):
        first = found.setdefault(point.name, point)
        if first.value != point.value:
            log.warning("plugin %s '%s' is given twice: using %s, not %s", kind, point.name, first.value, point.value)
    return found


def _state_of_path() -> tuple[tuple[str, int], ...]:
    """Where packages are looked for, and when each folder changed, nanoseconds."""
    state = []
    for folder in sys.path:
        try:
            state.append((folder, os.stat(folder or ".").st_mtime_ns))
        except OSError:
            state.append((folder, 0))
    return tuple(state)


@functools.lru_cache(maxsize=1)
def _all_entry_points(state: tuple[tuple[str, int], ...]) -> Any:
    """Those of all packages, read once: there are some hundred, and reading them takes a tenth of a second."""
    try:
        return importlib.metadata.entry_points()
    except ValueError:
        # Once anything imports the package importlib_metadata, it answers here, too, and refuses all entry points if
        # a single one of any package is not well formed.
        packages: dict[str, importlib.metadata.Distribution] = {}
        for package in importlib.metadata.distributions():
            packages.setdefault(package.name, package)
        return importlib.metadata.EntryPoints(point for one in packages.values() for point in _written(one))


def _written(package: importlib.metadata.Distribution) -> Iterator[importlib.metadata.EntryPoint]:
    """The entry points that a package gives, as they are written."""
    lines = configparser.ConfigParser(delimiters="=", interpolation=None, strict=False)
    lines.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        lines.read_string(package.read_text("entry_points.txt") or "")
    except configparser.Error as error:
        log.warning("the entry points of package %s cannot be read: %s", package.name, reason(error))
    for group in lines.sections():
        for name, value in lines.items(group):
            point = importlib.metadata.EntryPoint(name, value, group)
            vars(point)["dist"] = package
            yield point


def names(kind: str) -> list[str]:
    """The names of a kind, sorted."""
    return sorted(entry_points(kind))


def listing(kind: str) -> list[PluginInfo]:
    """The installed plugins of a kind, sorted by name, without importing any."""
    return [
        PluginInfo(kind, name, point.value, (point.dist.name or "") if point.dist else "")
        for name, point in sorted(entry_points(kind).items())
    ]


def load(kind: str, name: str) -> type[Any]:
    """Import one plugin class.

    :raises ConfigError: the name is unknown (the message lists the known ones), the import fails, or what was
        imported does not fulfil the contract of its group, or is written for a newer version of it.
    """
    points = entry_points(kind)
    if name not in points:
        if (kind, name) in GONE:
            raise ConfigError(f"{kind.removesuffix('s')} '{name}' {GONE[kind, name]}")
        raise unknown_name(kind.removesuffix("s"), name, points)
    point = points[name]
    which = f"{kind.removesuffix('s')} '{name}' ({point.value})"
    try:
        plugin = point.load()
    except (Exception, SystemExit) as error:
        # A script that somebody named by mistake may end the process when it is imported.
        raise ConfigError(f"{which} cannot be loaded: {type(error).__name__}: {reason(error)}") from error
    if not (isinstance(plugin, type) and issubclass(plugin, GROUPS[kind])):
        raise ConfigError(f"{which} is not a subclass of fer_ros.core.base.contracts.{GROUPS[kind].__name__}")
    if inspect.isabstract(plugin):
        missing = ", ".join(sorted(getattr(plugin, "__abstractmethods__", ())))
        raise ConfigError(f"{which} lacks {missing}")
    version: Any = plugin.contract
    if not isinstance(version, int) or version > contracts.CONTRACT:
        raise ConfigError(
            f"{which} is written for version {quoted(version)} of the plugin contract, and fer_ros {__version__} has "
            f"version {contracts.CONTRACT}: update fer_ros, or take an older version of the plugin"
        )
    try:
        settings.fields(plugin.Settings)
    except Exception as error:
        raise ConfigError(
            f"{which}: its Settings are no dataclass made with fer_ros.core.base.settings.setting "
            f"({type(error).__name__}: {reason(error)})"
        ) from error
    return plugin


def load_all(kind: str) -> dict[str, type[Any]]:
    """Import every plugin of a kind. If one fails, it is left out with a warning that says why."""
    loaded: dict[str, type[Any]] = {}
    for name in names(kind):
        try:
            loaded[name] = load(kind, name)
        except ConfigError as error:
            log.warning("%s", error)
    return loaded
