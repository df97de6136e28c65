"""The versions on which answers depend: they must be the same wherever one piece of work is done."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections.abc import Mapping

#: Name in messages → package.
PACKAGES = {"fer_ros": "fer_ros", "LiteRT": "ai-edge-litert", "numpy": "numpy"}


@functools.cache
def own() -> Mapping[str, str]:
    """Name → version of this process; the package is there."""
    return {
        "Python": python(platform.python_version()),
        **{name: importlib.metadata.version(package) for name, package in PACKAGES.items()},
    }


def python(version: str) -> str:
    """What counts of a version of Python, such as 3.12: what is sent to another one may not be read there."""
    return ".".join(version.split(".")[:2])


def differing(worker: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """What differs, in one line that names both; empty where nothing does.

    :param theirs: name → version, empty where the package is not installed.
    """
    for name, version in ours.items():
        if not theirs[name]:
            return f"worker {worker} has no {name}, here is {version}: install the same version there"
        if theirs[name] != version:
            return f"worker {worker} has {name} {theirs[name]}, here is {version}: install the same version on both"
    return ""
