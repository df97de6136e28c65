"""The taught samples that are most like a face: what a taught model goes by.

Compared are the embeddings that the head was taught on. They are made anew from the bags, by the cache where it has
them, so what is not in the bags any more, such as a forgotten person, is not found either.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from fer_ros.core import bags
from fer_ros.core.bags.reader import open_bag
from fer_ros.core.base import paths
from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.labels import KNOWN, LabelNames
from fer_ros.core.base.types import Eyes, FloatArray, ImageArray, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.training import faces
from fer_ros.core.training.cache import Cache
from fer_ros.core.vision import choosing, crop, likeness

#: Samples that are compared, spread evenly where there are more: some 60 MB of the default model.
MOST = 2000
#: Nanoseconds between two samples of one take that are both told: a film's pictures that follow each other are alike.
APART = 500_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A taught picture.

    :ivar bag: its bag's name.
    :ivar stamp: nanoseconds.
    :ivar label: that it was taught as.
    """

    bag: str
    take: int
    stamp: int
    label: str

    def beside(self, other: Sample) -> bool:
        """Whether both are of one moment of one take."""
        same = self.take and (self.bag, self.take) == (other.bag, other.take)
        return bool(same) and abs(self.stamp - other.stamp) < APART


class Alike:
    """The samples of one taught model as they are when it is made. Used by one thread.

    :ivar model: its name.
    """

    def __init__(self, model: str) -> None:
        """Read model and samples.

        :raises ConfigError: it was not taught on bags of this machine, or cannot be read.
        """
        self.model = model
        bundle = Bundle.load(model)
        self._file = bundle.path / paths.MODEL_FILE
        self._folders = [bags.bag_folder() / str(name) for name in bundle.data.get("bags") or ()]
        self._state = _state(self._file, self._folders)
        self._input, self._network = bundle.input, faces.network_of(bundle)
        self._backbone, head = bundle.open()
        # The head that compares unit features of the finer map says in its file what is usual; others read embeddings.
        arrays = getattr(head, "arrays", {}) if bundle.head.plugin == "ridge" else {}
        self._finer = bool(arrays)
        self._samples, found = self._read(bundle, [folder for folder in self._folders if folder.is_dir()])
        if not self._samples:
            raise ConfigError(
                f"model '{model}' was not taught on recordings of this machine, or they are gone",
                "not_taught",
                name=model,
            )
        mean, scale = found.mean(axis=0), found.std(axis=0)
        floor = max(1e-6, 0.3 * float(scale.mean()))
        self._mean: FloatArray = arrays.get("mean", mean)
        self._scale: FloatArray = arrays.get("scale", np.maximum(scale, floor))
        self._known = likeness.unit(found, self._mean, self._scale)

    @property
    def fresh(self) -> bool:
        """Whether model and bags are as they were."""
        return _state(self._file, self._folders) == self._state

    def nearest(self, image: ImageArray, roi: Roi, eyes: Eyes | None, framing: Framing, most: int) -> list[Sample]:
        """The samples most like a face, the most alike first; of each moment of a take one.

        :param image: uint8 BGR (height, width, 3) or grey (height, width).
        :param framing: of the detector that found the face.
        """
        face = crop.cut(image, roi, framing, self._input, eyes)
        scores = self._known @ likeness.unit(self._features(face[np.newaxis]), self._mean, self._scale)[0]
        chosen: list[Sample] = []
        for row in np.argsort(-scores, kind="stable"):
            sample = self._samples[row]
            if not any(sample.beside(other) for other in chosen):
                chosen.append(sample)
            if len(chosen) == most:
                break
        return chosen

    def _read(self, bundle: Bundle, folders: list[Path]) -> tuple[list[Sample], FloatArray]:
        """The samples that the model was taught on, and their features."""
        recipe, taught = bundle.recipe, set(bundle.data.get("counts") or bundle.labels)
        names = LabelNames(str(recipe.get("label_names", KNOWN)))
        detector = str(recipe.get("detector", choosing.AUTO))
        step = math.ceil(sum(bags.info(folder).samples for folder in folders) / MOST) or 1
        samples, crops = [], []
        with Cache.opened(writes=False) as cache:
            for folder in folders:
                framing = faces.framing_of(open_bag(folder), detector)
                for stored in islice(bags.stored(folder), 0, None, step):
                    label = names.of(stored.label)
                    with contextlib.suppress(BadImage):
                        face = faces.cached(folder.name, framing, self._input, cache, stored)
                        if face is not None and label in taught:
                            samples.append(Sample(folder.name, stored.take, stored.stamp, label))
                            crops.append(face)
            return samples, self._features(np.stack(crops), cache) if crops else np.empty((0, 0), np.float32)

    def _features(self, crops: ImageArray, cache: Cache | None = None) -> FloatArray:
        maps = faces.embed(self._backbone, crops, self._input, cache=cache, network=self._network)
        return likeness.finest(maps) if self._finer else maps.embeddings.reshape(len(crops), -1)


def _state(file: Path, folders: list[Path]) -> list[tuple[str, int, int]]:
    """By which a model and its bags are known to be the same: name, size and time of change of each file."""
    found = []
    with contextlib.suppress(OSError):  # one is being removed at this moment
        for one in [file, *(part for folder in folders if folder.is_dir() for part in bags.part_files(folder))]:
            state = one.stat()
            found.append((str(one), state.st_size, state.st_mtime_ns))
    return found
