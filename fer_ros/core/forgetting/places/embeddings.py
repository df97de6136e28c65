"""What trainings keep of faces: it does not say whose they are, so all of it goes, wherever it lies."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from fer_ros.core.base import paths
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step
from fer_ros.core.training import caches


class Embeddings:
    """See the module. Taught anew, models make the file again, from whoever is left."""

    order = 25

    def plan(self, person: Person, teach_anew: bool) -> Iterator[Step]:
        if paths.embeddings_file().exists() or paths.embeddings_folder().exists():
            yield Step("embeddings of recorded faces: are removed, and made anew", paths.drop_embeddings)
        for address in caches.known():
            yield Step(f"embeddings at {address}: are removed", functools.partial(caches.clear, address))


place = Embeddings()
