"""Who is seen: names the faces of a frame by people whom the model was taught, or leaves them without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.core.base import arrays, registry
from fer_ros.core.base.contracts import Head
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Face, FloatArray, ImageArray, Maps
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.smoothing import FORGET
from fer_ros.core.vision import identity, quality

#: Likeness to the nearest taught face from which somebody is named, and below which no longer. On half of KDEF's people
#: the first let 1 of 100 pictures of strangers pass (benchmarks/identity.py).
SURE, KEEP = 0.55, 0.48
#: How much the likeness to anybody else must be less.
LEAD = 0.05
#: Pictures of a face over which is averaged: those before count less and less.
AVERAGED = 30
#: Nobody: the place of a face that is not named.
NOBODY = -1

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Known:
    """A person whom a model knows.

    :ivar faces: float32 (n, 256), see :func:`fer_ros.core.vision.identity.features`.
    :ivar head: their own.
    :ivar columns: the place of each of its labels among the model's.
    """

    subject: str
    faces: FloatArray
    head: Head
    columns: Places

    def read(self, maps: Maps, labels: int) -> FloatArray:
        """Probabilities of the model's labels, float32 (n, labels)."""
        out = np.zeros((len(maps), labels), np.float32)
        out[:, self.columns] = self.head.read(maps)
        return out


def known(bundle: Bundle, embedding_shape: tuple[int, ...]) -> tuple[Known, ...]:
    """The people of a bundle, loaded.

    :raises ConfigError: a plugin is unknown, or a file is damaged or does not fit.
    """
    found = []
    for person in bundle.people:
        file = bundle.path / person.faces
        rows = arrays.unpack(file, {"faces": (None, identity.SIZE)})["faces"]
        if not len(rows):
            raise ConfigError(f"{file}: holds no face: train the model anew")
        plugin = registry.load("heads", person.head.plugin)
        head = plugin(bundle.path / person.head.file, person.labels, embedding_shape)
        columns = np.array([bundle.labels.index(label) for label in person.labels])
        found.append(Known(person.subject, rows, head, columns))
    return tuple(found)


@dataclass(slots=True)
class _Track:
    """What was seen of one face."""

    mean: FloatArray
    count: int
    place: int
    stamp: int


class Naming:
    """Remembers the faces that it follows as the mean of what was seen of each; one thread calls it."""

    def __init__(self) -> None:
        """Know no face."""
        self._tracks: dict[int, _Track] = {}

    def reset(self) -> None:
        """Forget every face."""
        self._tracks = {}

    def who(
        self,
        people: Sequence[Known],
        faces: Sequence[Face],
        crops: ImageArray,
        stamp: int,
        qualities: Sequence[float],
    ) -> Places:
        """The place among ``people`` of each face of one frame, :data:`NOBODY` in doubt.

        A face that cannot be read well tells nothing of who it is. Nobody is seen twice in one frame.

        :param crops: uint8 (faces, height, width, channels).
        :param stamp: when the frame was taken, nanoseconds.
        :param qualities: how well each face can be read, 0 to 1.
        """
        found = np.full(len(faces), NOBODY)
        if not people:
            return found
        oldest = stamp - round(1e9 * FORGET)
        self._tracks = {key: track for key, track in self._tracks.items() if oldest <= track.stamp <= stamp}
        rows, best = identity.features(crops), np.zeros(len(faces), np.float32)
        for number, (face, row, value) in enumerate(zip(faces, rows, qualities, strict=True)):
            track = self._tracks.get(face.track_id) if face.track_id else None
            if track is None:
                track = _Track(np.zeros_like(row), 0, NOBODY, stamp)
            track.stamp = stamp
            if value >= quality.ENOUGH:
                track.count = min(track.count + 1, AVERAGED)
                track.mean = track.mean + (row - track.mean) / np.float32(track.count)
            if track.count:
                track.place, best[number] = _place(people, identity.unit(track.mean), track.place)
            found[number] = track.place
            if face.track_id:
                self._tracks[face.track_id] = track
        for place in range(len(people)):
            twice = np.flatnonzero(found == place)
            if len(twice) > 1:
                found[np.delete(twice, best[twice].argmax())] = NOBODY
        return found


def _place(people: Sequence[Known], row: FloatArray, before: int) -> tuple[int, float]:
    """Who it is, and how like."""
    likeness = np.array([float((person.faces @ row).max()) for person in people])
    best = int(likeness.argmax())
    least = KEEP if best == before else SURE
    others = np.delete(likeness, best).max(initial=-1.0)
    sure = likeness[best] >= least and likeness[best] - others >= LEAD
    return best if sure else NOBODY, float(likeness[best])
