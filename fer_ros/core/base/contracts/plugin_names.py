"""Full names of plugins' settings, for places that hold those of several plugins: ``sources.camera.fps``.

Kind, plugin, setting; the kinds are those of ``fer plugins``. No such name lies below one that is itself a value, such
as ``source``: `ros2 param dump` could not write that down.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping
from typing import TypeVar

T = TypeVar("T")

#: How the names began before 0.2; they are still understood, with a warning.
_OLD = {"sources": "source.", "detectors": "detector.", "filters": "filter.{plugin}."}


def prefix(kind: str, plugin: str) -> str:
    """The prefix of the names of a plugin's settings, such as ``sources.camera.``."""
    return f"{kind}.{plugin}."


def old_prefix(kind: str, plugin: str) -> str:
    """The old prefix; empty if there was none."""
    return _OLD.get(kind, "").format(plugin=plugin)


def take(
    kind: str, plugin: str, known: Collection[str], given: MutableMapping[str, T], tell: Callable[[str], object]
) -> dict[str, T]:
    """Take a plugin's settings out of the given ones.

    :param known: names of its settings.
    :param given: full name → value; what belongs to the plugin is removed, old names too.
    :param tell: called with a warning for each old name.
    :returns: setting → value.
    """
    new, old, out = prefix(kind, plugin), old_prefix(kind, plugin), {}
    for name in known:
        if old and old + name in given:
            out[name] = given.pop(old + name)
            tell(renamed(old + name, new + name))
        if new + name in given:
            out[name] = given.pop(new + name)
    return out


def renamed(old: str, new: str) -> str:
    """The warning for an old name."""
    return f"'{old}' is now called '{new}': please change it, the next release will not know the old name"
