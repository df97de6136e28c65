"""All the faces of a training, embedded by any number of workers and read from the cache."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Backbone, LabelledFaces
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.engine import Engine
from fer_ros.core.training import caches, faces
from fer_ros.core.training.cache import UNUSED
from fer_ros.core.training.cross import Folds
from fer_ros.core.training.options import Options
from fer_ros.core.training.pieces import store
from fer_ros.core.training.pieces.embedding import Asked, Item, Piece, piece
from fer_ros.core.training.pieces.stored import Source, StoredRows
from fer_ros.core.training.rows import Faces, Rows, assembled

log = logging.getLogger(__name__)

Share = Callable[[float], None]


class Pieces:
    """The way from bags to embeddings by files: see the package."""

    def __init__(self, engine: Engine, base: Bundle, options: Options, cache: str) -> None:
        """Make the cache ready.

        :param cache: address of the cache; empty for the folder in ``$FER_HOME``.
        :raises FerError: nothing can be written there.
        """
        self._engine, self._options, address = engine, options, caches.address_of(cache)
        network = base.checksums[base.backbone.file]
        self._asked = functools.partial(Asked, _told(options.base), network, address, options)
        self._address, self._items, self._pieces = address, list[Item](), list[Piece]()
        caches.note(address)
        place = store.at(address)
        if not cache:
            place.expire(UNUSED)
        place.prepare(network)

    def gather(self, folders: Sequence[Path], least: int, done: Share) -> Faces:
        """Embed what is new; see :func:`fer_ros.core.training.faces.gather`."""
        options, rows, names = self._options, Rows(), LabelNames(self._options.label_names)
        sessions = []
        for session, bag in enumerate(faces.opened(folders)):
            framing = faces.framing_of(bag, options.detector)
            for file in bag.files:
                self._items.append(Item(str(bag.path), str(file.absolute()), framing))
                sessions.append(session)
        self._pieces = self._embedded(0, done)
        left_out, without_face = LeftOut(options.strict), 0
        for session, found in zip(sessions, self._pieces, strict=True):
            without_face += found.without_face
            _merge(left_out, found.left_out)
            usual = {label: names.of(label) for label in dict.fromkeys(found.labels)}
            rows.add(session, [usual[label] for label in found.labels], found.subjects, found.takes, found.stamps)
        return assembled(rows, without_face, least, left_out, names.renamed, None)

    def samples(self, found: Faces, folds: Folds, copies: int, backbone: Backbone, done: Share) -> LabelledFaces:
        """All faces, then their altered copies in the same order, once for each copy; none of them is in memory."""
        every = list(self._pieces)
        for copy in range(copies):
            every += self._embedded(copy + 1, functools.partial(_share, done, copy, copies))
        source = Source(self._address, [(one.name, len(one.labels)) for one in every])
        count = len(found) * (1 + copies)
        finer: Any = np.empty((count, 0), np.float32)
        if backbone.finer_shape:
            finer = StoredRows(source, "finer", backbone.finer_shape)
        embeddings: Any = StoredRows(source, "embedding", backbone.output_shape)
        return faces.labelled(found, folds, copies, embeddings, finer)

    def _embedded(self, copy: int, done: Share) -> list[Piece]:
        """The pieces of all items, in their order."""
        out: list[Piece | None] = [None] * len(self._items)
        work = functools.partial(piece, self._asked(copy))
        for ready, (number, found) in enumerate(self._engine.map(work, self._items, name=lambda item: item.bag), 1):
            out[number] = found
            done(ready / len(out))
        return [found for found in out if found is not None]


def _share(done: Share, before: int, parts: int, share: float) -> None:
    """Report what is done of one of several parts."""
    done((before + share) / parts)


def _told(base: str) -> str:
    """A general model as workers elsewhere find it: a name stays one."""
    return base if "/" not in base else str(Path(base).absolute())


def _merge(left_out: LeftOut, other: LeftOut) -> None:
    if not left_out.first and other.first:
        left_out.first = other.first
        left_out.check(left_out.strict)
    for reason, names in other.names.items():
        if reason not in left_out.counts and names:
            log.warning("%s: left out, %s; further ones are only counted", names[0], reason)
    left_out.merge(other)
