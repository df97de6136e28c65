"""How the faces of a training are read: in memory where they fit, else by pieces."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from fer_ros.core.base import paths
from fer_ros.core.base.contracts import Backbone, LabelledFaces
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.engine import opened
from fer_ros.core.training import faces
from fer_ros.core.training.cache import Cache
from fer_ros.core.training.cross import Folds
from fer_ros.core.training.request import Request
from fer_ros.core.training.rows import Faces

if TYPE_CHECKING:
    from fer_ros.core.training.pieces.gathering import Pieces

log = logging.getLogger(__name__)

#: Faces that are trained on in memory, 250 MB of the default backbone's maps; of more, by pieces.
MOST = 9000
#: What reading by pieces needs.
NEEDED = ("pyarrow", "fsspec")

Share = Callable[[float], None]


class Reading:
    """Reads the faces of one training; a context, in which its workers live."""

    def __init__(self, request: Request, base: Bundle, cache: Cache) -> None:
        """Check what is asked for.

        :raises ConfigError: it needs what is not installed.
        """
        self._request, self._base, self._cache = request, base, cache
        self._stack = contextlib.ExitStack()
        self._pieces: Pieces | None = None
        self._asked = bool(request.cache or request.cluster or request.workers != 1)
        self._missing = [name for name in NEEDED if find_spec(name) is None]
        if self._asked and request.without:
            raise ConfigError("labels are left out of trainings in memory only: leave workers, cluster and cache away")
        if self._asked and self._missing:
            raise ConfigError(
                f"training with other workers or another cache needs {self._missing[0]}: pip install 'fer_ros[cluster]'"
            )

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers: nothing is read by them any more."""
        self._stack.close()

    def gather(self, least: int, done: Share) -> Faces:
        """The faces; see :func:`fer_ros.core.training.faces.gather`."""
        asked, options = self._request, self._request.options
        if not self._asked:
            with contextlib.suppress(faces.TooMany):
                return faces.gather(
                    asked.bags,
                    self._base.input,
                    options.detector,
                    done,
                    LabelNames(options.label_names),
                    least,
                    options.strict,
                    self._cache,
                    0 if self._missing or asked.without else MOST,
                    asked.without,
                )
        return self._by_pieces().gather(asked.bags, least, done)

    def samples(self, found: Faces, folds: Folds, crosses: bool, backbone: Backbone, done: Share) -> LabelledFaces:
        """All faces, then their altered copies in the same order, once for each copy."""
        copies = self._request.options.copies_of(len(found), crosses)
        if self._pieces is not None:
            samples = self._pieces.samples(found, folds, copies, backbone, done)
            self.close()
            return samples.loaded() if len(found) <= MOST else samples
        crops = found.crops
        if copies:
            crops = np.concatenate([crops, faces.altered(crops, self._request.options, copies)])
        maps = faces.embed(
            backbone,
            crops,
            self._base.input,
            lambda count: done(count / len(crops)),
            self._cache,
            faces.network_of(self._base),
        )
        return faces.labelled(found, folds, copies, maps.embeddings, maps.finer)

    def _by_pieces(self) -> Pieces:
        from fer_ros.core.training import caches
        from fer_ros.core.training.pieces.gathering import Pieces

        asked = self._request
        address = caches.address_of(asked.cache)
        files = list(asked.bags)
        if "://" not in address:
            paths.private_folder(Path(address))
            files.append(Path(address))
        engine = self._stack.enter_context(opened(asked.workers, asked.cluster, files))
        self._pieces = Pieces(engine, self._base, asked.options, asked.cache)
        return self._pieces
