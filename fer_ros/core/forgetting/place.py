"""The places that may hold a person. A module in ``places/`` registers itself by lying there, with a ``place``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fer_ros.core.forgetting.person import Person


@dataclass(frozen=True, slots=True)
class Step:
    """One step of forgetting.

    :ivar text: what it does, in one line.
    :ivar act: does it; harmless if it was done before. Raises FerError or OSError.
    :ivar check: raises FerError if it cannot be done now, for example while somebody records.
    """

    text: str
    act: Callable[[], None]
    check: Callable[[], None] = lambda: None


def counted(number: int, thing: str) -> str:
    """Such as ``1 file`` and ``2 files``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


class Place(Protocol):
    """Where a person may be kept."""

    #: Places with a lower number are dealt with first: what is found by the bags comes before the bags.
    order: int

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        """The steps to take; changes nothing. ``person`` learns the pictures found."""


def places() -> list[Place]:
    """All places, in their order."""
    package = importlib.import_module("fer_ros.core.forgetting.places")
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return sorted((module.place for module in modules), key=lambda place: place.order)
