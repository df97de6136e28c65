"""Teaches models again on what is left, once a person is gone from the bags."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fer_ros.core.bags.locate import bag_folder
from fer_ros.core.base import paths, registry
from fer_ros.core.base import settings as base_settings
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.bundles import model_store
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.forgetting.places.models import bags_of, own, taught, told_by
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request


class Anew:
    """Teaches the models again, once the person is gone from the bags."""

    order = 30

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        if not teach_anew:
            return
        told = {path.name: told_by(path) for path in own()}
        for name in taught(told, person, bags_of(person)):
            yield Step(f"model {name}: is taught anew on what is left", _Teach(name, told[name], paths.selected()).run)


@dataclass(frozen=True, slots=True)
class _Teach:
    """:ivar told: what the model's ``model.yaml`` said."""

    name: str
    told: Mapping[str, Any]
    selected: str

    def run(self) -> None:
        try:
            self._teach()
        except (FerError, OSError) as error:
            raise FerError(
                f"model {self.name} is gone, since it was taught on this person, and could not be taught anew: "
                f"{reason(error)}"
            ) from error

    def _teach(self) -> None:
        data, recipe = dict(self.told.get("data") or {}), dict(self.told.get("recipe") or {})
        folders = tuple(bag_folder() / str(bag) for bag in data.get("bags") or ())
        folders = tuple(folder for folder in folders if folder.is_dir())
        if not folders:
            raise FerError("none of its bags is left; record other people, then teach it by `fer train`")
        way = data.get("trained_as")
        # A way of training of an earlier version may be gone.
        options = _known(Options, {**recipe, "head": way if way in registry.names("heads") else Options.head})
        head = registry.load("heads", options.head)
        names = base_settings.fields(head.Settings)
        request = Request(folders, options, self.name, {k: v for k, v in recipe.items() if k in names})
        TrainingProcess().run(request, lambda progress: None)
        if self.selected == self.name:
            model_store.select(self.name)


def _known(kind: type[Any], values: Mapping[str, Any]) -> Any:
    names = {field.name for field in dataclasses.fields(kind)}
    return kind(**{key: value for key, value in values.items() if key in names})


place = Anew()
