"""The models on this machine, the user's own and the shipped ones, with what is known of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import paths
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.bundles.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Listed:
    """A model's folder.

    :ivar own: it lies in the user's folder, not in the package.
    :ivar hidden: a model of the user has the same name, so the name stands for that one.
    :ivar bundle: None if it is damaged; ``error`` then says why in one line.
    :ivar bytes: of all files in the folder.
    :ivar why: the error's code and values for programs, see :class:`fer_ros.core.base.errors.FerError`.
    """

    name: str
    path: Path
    own: bool
    hidden: bool
    bundle: Bundle | None
    error: str
    bytes: int
    why: FerError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``accuracy`` is None if none was measured."""
        bundle = self.bundle
        facts: dict[str, Any] = {
            "name": self.name,
            "path": str(self.path),
            "own": self.own,
            "hidden": self.hidden,
            "damaged": bundle is None,
            "error": self.error,
            "bytes": self.bytes,
        }
        if bundle is None:
            return facts
        return {
            **facts,
            "labels": list(bundle.labels),
            "backbone": bundle.backbone.plugin,
            "head": bundle.head.plugin,
            "input": bundle.input.to_dict(),
            "accuracy": accuracy(bundle),
            "measured_on": str(bundle.quality.get("split", "")),
        }


class Shelf:
    """Lists the models again and again, and verifies a model only once, until one of its files changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, bool], tuple[Any, Listed]] = {}

    def listing(self) -> list[Listed]:
        """As :func:`listing`."""
        own, shipped = paths.model_folders()
        names = {folder.name for folder in _folders(own) if (folder / paths.MODEL_FILE).is_file()}
        wanted = [(folder, True, False) for folder in _folders(own)]
        wanted += [(folder, False, folder.name in names) for folder in _folders(shipped)]
        known, self._known = self._known, {}
        for folder, mine, hidden in wanted:
            stamp = _stamp(folder)
            before = known.get((folder, hidden))
            listed = before[1] if before and before[0] == stamp else _examine(folder, mine, hidden)
            self._known[folder, hidden] = stamp, listed
        return [listed for _, listed in self._known.values()]


def listing() -> list[Listed]:
    """Every model, each verified by its SHA-256: the user's own first, then the shipped ones, each sorted by name."""
    return Shelf().listing()


def accuracy(bundle: Bundle) -> float | None:
    """The measured accuracy, 0 to 1; None if ``model.yaml`` states none."""
    value = bundle.quality.get("accuracy")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _folders(parent: Path) -> list[Path]:
    # A bundle in the making is a hidden folder.
    try:
        return sorted(folder for folder in parent.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    except OSError:
        return []


def _examine(folder: Path, own: bool, hidden: bool) -> Listed:
    bundle, error, why = None, "", None
    try:
        paths.check_name("model", folder.name)
        bundle = Bundle.load(folder)
    except (FerError, OSError) as problem:
        error, why = reason(problem), problem if isinstance(problem, FerError) else None
    return Listed(folder.name, folder, own, hidden, bundle, error, _bytes(folder), why)


def _stamp(folder: Path) -> list[tuple[str, int, int, int]]:
    """What changes with every change of a file in the folder."""
    found = []
    for file in sorted(folder.rglob("*")):
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((str(file), state.st_size, state.st_mtime_ns, state.st_ino))
    return found


def _bytes(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.lstat().st_size if file.is_file() else 0
        except OSError:
            continue
    return total
