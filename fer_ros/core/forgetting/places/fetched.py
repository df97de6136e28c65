"""Copies of bags that lie elsewhere: not ours to change, so all copies go; the bags themselves stay where they are."""

from __future__ import annotations

from collections.abc import Iterator

from fer_ros.core.base import paths
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step


class Fetched:
    """See the module."""

    order = 26

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        if paths.fetched_folder().exists():
            yield Step(
                "copies of bags that lie at addresses: are removed; forget the person there, too", paths.drop_fetched
            )


place = Fetched()
