"""The word ``auto`` for a detector: the best one that works on this machine."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector

log = logging.getLogger(__name__)

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    :ivar missing: better detector → what it lacks here.
    """

    name: str
    missing: dict[str, str]

    def __str__(self) -> str:
        """One line for a log."""
        why = "; ".join(f"{name} would be better, but {lack}" for name, lack in self.missing.items())
        return f"detector auto takes {self.name}" + (f": {why}" if why else ", the best one")


def best() -> Choice:
    """The detector of the highest rank that lacks nothing here."""
    found = registry.load_all("detectors")
    ranked: list[tuple[str, type[Detector]]] = sorted(found.items(), key=lambda pair: (-pair[1].rank, pair[0]))
    missing: dict[str, str] = {}
    for name, plugin in ranked:
        if plugin.rank <= 0:
            break
        lack = plugin.lacks()
        if not lack:
            return Choice(name, missing)
        missing[name] = lack
    return Choice("haar", missing)


def resolve(name: str) -> str:
    """The name of a detector: for ``auto`` that of the best one, which the log tells with the reason; else the name."""
    if name != AUTO:
        return name
    choice = best()
    (log.warning if choice.name == "haar" else log.info)("%s", choice)
    return choice.name
