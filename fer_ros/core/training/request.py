"""What a training should do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.training.options import Options


@dataclass(frozen=True, slots=True)
class Request:
    """What to train.

    :ivar bags: folders of bags.
    :ivar name: of the new model; empty for one with the time of day.
    :ivar without: labels that are left out.
    :ivar settings: of the head, setting name → value; those left out are the head's own defaults.
    :ivar workers: processes that embed faces, and ``cluster`` the address of a scheduler whose workers do so; see
        :func:`fer_ros.core.engine.opened`.
    :ivar cache: folder or fsspec address where embeddings are kept; empty for ``$FER_HOME``.
    """

    bags: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    workers: int = 1
    cluster: str = ""
    cache: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; the folders of bags become absolute."""
        stated = {field_.name: getattr(self, field_.name) for field_ in dataclasses.fields(self)}
        bags = [str(bag.absolute()) for bag in self.bags]
        return {**stated, "bags": bags, "options": dataclasses.asdict(self.options), "settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> Request:
        """What :meth:`to_dict` gave; what is stated besides is not looked at."""
        given = {field_.name: stated[field_.name] for field_ in dataclasses.fields(cls)}
        bags = tuple(Path(bag) for bag in given["bags"])
        options, without = Options(**given["options"]), tuple(given["without"])
        return cls(**{**given, "bags": bags, "options": options, "without": without})
