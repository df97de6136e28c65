"""The models that were taught on a person, and those that were taught with such a model as their base."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.base import paths, yaml_files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles import model_store
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.forgetting.places.bags import folders
from fer_ros.core.forgetting.reading import look

log = logging.getLogger(__name__)


class Models:
    """Models are removed before the bags, because the bags tell which models were taught on a person."""

    order = 10

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        told = {path.name: told_by(path) for path in own()}
        bags = bags_of(person)
        for name in taught(told, person, bags):
            data = told[name].get("data")
            why = (
                "taught on them"
                if person.named_in_value(data) or not bags
                else "taught on their bags, or on such a model"
            )
            yield Step(f"model {name}: {why}, is removed", _Remove(name).run)
        if any(path.is_dir() for path in (paths.fer_home() / "models").glob(".*")):
            yield Step("models: what a kill has left of some is removed", _sweep)


@dataclass(frozen=True, slots=True)
class _Remove:
    name: str

    def run(self) -> None:
        with contextlib.suppress(ConfigError):  # gone already
            model_store.delete(self.name)


def _sweep() -> None:
    with model_store.exclusive():
        pass  # It begins by that.


def own() -> list[Path]:
    """The folders of the user's models, damaged ones included."""
    marks = (paths.fer_home() / "models").glob(f"*/{paths.MODEL_FILE}")
    return sorted(mark.parent for mark in marks if not mark.parent.name.startswith("."))


def told_by(folder: Path) -> dict[str, Any]:
    """The content of a ``model.yaml``; empty if it is damaged."""
    try:
        content = yaml_files.read(folder / paths.MODEL_FILE)
    except ConfigError as error:
        log.warning("%s is damaged and left aside: %s", folder, error)
        return {}
    return content if isinstance(content, dict) else {}


def bags_of(person: Person) -> set[str]:
    """The names of the bags that hold samples of the person."""
    found = set()
    for folder in folders(bag_folder()):
        for file in (file for file in folder.iterdir() if file.is_file()):
            seen = look(file, person)
            if seen is not None and seen.own:
                found.add(folder.name)
    return found


def taught(told: Mapping[str, Mapping[str, Any]], person: Person, bags: set[str]) -> list[str]:
    """The models that hold something of the person, and those made from them."""
    found: set[str] = set()
    for name, content in told.items():
        data = content.get("data")
        data = data if isinstance(data, dict) else {}
        subjects = data.get("subjects")
        if isinstance(subjects, list):
            hit = any(person.is_subject(str(subject)) for subject in subjects)
        else:  # of a version that did not say whom it was taught on
            hit = any(str(bag) in bags for bag in data.get("bags") or ())
        if hit:
            found.add(name)
    while True:
        further = {n for n, c in told.items() if n not in found and str((c.get("data") or {}).get("base")) in found}
        if not further:
            return sorted(found)
        found |= further


place = Models()
