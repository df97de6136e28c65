"""Labels that hold still: the probabilities of each face smoothed over time, its label chosen with hysteresis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Filter, Live
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, FloatArray

#: Seconds without being seen after which a face is begun anew.
FORGET = 1.0
#: Faces remembered at most; the detectors report far fewer at a time.
MAX_FACES = 256
#: Seconds over which the quality of a face is averaged, and how far above ``min_quality`` it must come again.
QUALITY_TIME, QUALITY_MARGIN = 0.2, 0.1
#: How far a sum of probabilities may be from 1.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class SmoothingSettings:
    """Settings of how labels are chosen, besides those of the filter itself."""

    filter: str = setting(
        "exponential", "what smooths a face's probabilities before its label is chosen: a filter plugin", live=True
    )
    hysteresis: float = setting(
        0.1, "how far another label's smoothed probability must lead before it is taken", low=0.0, high=1.0, live=True
    )
    uncertain: float = setting(
        0.0,
        "the label is 'uncertain' while its smoothed probability is below this; 0: never",
        low=0.0,
        high=1.0,
        live=True,
    )
    min_quality: float = setting(
        0.5,
        "the label is 'uncertain' while the face's quality, how well it can be read, is below this; 0: never",
        low=0.0,
        high=1.0,
        live=True,
    )
    smooth_probabilities: bool = setting(
        False, "publish the smoothed probabilities in place of the head's own", live=True
    )

    def __post_init__(self) -> None:
        """Refuse a filter that cannot be used.

        :raises ConfigError: it is unknown, or fails to load.
        """
        registry.load("filters", self.filter)


def each_frame(min_quality: float = 0.0) -> SmoothingSettings:
    """Each frame by itself, with its most probable label."""
    return SmoothingSettings(filter="none", hysteresis=0.0, min_quality=min_quality)


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer for a face.

    :ivar label: index of its label; None while none is certain enough.
    :ivar confidence: the label's smoothed probability, 0 to 1; without a label, the highest one.
    :ivar probabilities: float32 (labels,), for publishing.
    """

    label: int | None
    confidence: float
    probabilities: FloatArray


@dataclass(slots=True)
class _Track:
    """The memory of one face."""

    filter: Filter
    settings: Any
    seen: int
    smoothed: FloatArray | None = None
    label: int | None = None
    #: Whether a label was withdrawn, so that the next one has to be better than just good enough.
    withdrawn: bool = False
    quality: float | None = None
    #: Whether it cannot be read well enough.
    hindered: bool = False

    def judge(self, quality: float, elapsed: float, least: float) -> None:
        """Take the quality of the face in this frame, ``elapsed`` seconds after the last one."""
        old = quality if self.quality is None else self.quality
        self.quality = old + (1.0 - math.exp(-elapsed / QUALITY_TIME)) * (quality - old)
        # Never out of reach: half the way to 1 at most.
        again = min(least + QUALITY_MARGIN, (1.0 + least) / 2.0) if least > 0.0 else 0.0
        self.hindered = self.quality < (again if self.hindered else least)

    def choose(self, settings: SmoothingSettings, smoothed: FloatArray) -> None:
        """Keep the label until another one leads by the margin, and be uncertain below the threshold."""
        best, least, margin = int(smoothed.argmax()), settings.uncertain, settings.hysteresis
        held = self.label
        candidate = best if held is None or smoothed[best] >= smoothed[held] + margin else held
        if self.withdrawn:
            # Never out of reach: half the way to 1 at most.
            least = min(least + margin, (1.0 + least) / 2.0) if least > 0.0 else 0.0
        self.withdrawn = bool(smoothed[candidate] < least)
        self.label = None if self.withdrawn else candidate


class Smoother:
    """Follows the probabilities of all faces. One thread calls :meth:`read`; :meth:`configure` may be called from any.

    Its memory is bounded: it forgets a face that it has not seen for :data:`FORGET` seconds. It also starts again when
    the stamps stand still or go back, as in a bag that is played again.
    """

    def __init__(self, settings: SmoothingSettings | None = None, filter_settings: Any = None) -> None:
        """Remember nothing yet.

        :param settings: None treats each frame by itself and takes its most probable label.
        :param filter_settings: of the filter that ``settings`` names; None takes its defaults.
        """
        self._tracks: dict[int, _Track] = {}
        #: The settings, in a list that twins share.
        self._shared: list[tuple[SmoothingSettings, type[Filter], Any]] = []
        self.configure(settings or each_frame(), filter_settings)

    def configure(self, settings: SmoothingSettings, filter_settings: Any = None) -> None:
        """Use other settings from the next frame on; a new filter starts afresh with each face.

        :raises ConfigError: the filter cannot be loaded.
        """
        plugin: type[Filter] = registry.load("filters", settings.filter)
        # Replaced as a whole: the other thread sees all of it or nothing.
        self._shared[:] = [(settings, plugin, plugin.Settings() if filter_settings is None else filter_settings)]

    def twin(self) -> Smoother:
        """Another one that always has the settings of this one, and a memory of its own."""
        twin = Smoother()
        twin._shared = self._shared
        return twin

    def reset(self) -> None:
        """Forget every face, for example when another model answers."""
        self._tracks = {}

    def read(
        self, faces: Sequence[Face], rows: FloatArray, stamp: int, qualities: Sequence[float] | None = None
    ) -> list[Reading]:
        """Take the head's answers for the faces of one frame.

        :param rows: float32 (faces, labels). A row that is no distribution, such as one with NaN, is ignored.
        :param stamp: when the frame was taken, nanoseconds.
        :param qualities: how well each face can be read, 0 to 1; None: well.
        """
        oldest = stamp - round(1e9 * FORGET)
        self._tracks = {key: track for key, track in self._tracks.items() if oldest <= track.seen < stamp}
        known = qualities if qualities is not None else [1.0] * len(faces)
        readings = [self._read(face.track_id, row, stamp, q) for face, row, q in zip(faces, rows, known, strict=True)]
        for key in list(self._tracks)[: max(0, len(self._tracks) - MAX_FACES)]:
            del self._tracks[key]
        return readings

    def _read(self, key: int, row: FloatArray, stamp: int, quality: float) -> Reading:
        ((settings, plugin, filter_settings),) = self._shared
        # Taken out and put back behind: the first of them is the one that was not seen for longest. 0: not tracked.
        track = self._tracks.pop(key, None) if key else None
        elapsed = 0.0 if track is None else 1e-9 * (stamp - track.seen)
        if track is None or elapsed <= 0.0 or type(track.filter) is not plugin:
            track, elapsed = _Track(plugin(filter_settings), filter_settings, stamp), 0.0
        if track.settings is not filter_settings:
            track.settings = filter_settings
            Live.give(track.filter, filter_settings)
        track.judge(quality, elapsed, settings.min_quality)
        if is_distribution(row):
            smoothed = track.filter.update(row, 0.0 if track.smoothed is None else elapsed)
            if not (smoothed.shape == row.shape and is_distribution(smoothed)):
                track, smoothed = _Track(plugin(filter_settings), filter_settings, stamp), row
            track.smoothed, track.seen = smoothed, stamp
            track.choose(settings, smoothed)
        self._tracks[key] = track
        if track.smoothed is None:
            return Reading(None, 0.0, row)
        confidence = track.smoothed.max() if track.label is None else track.smoothed[track.label]
        published = track.smoothed if settings.smooth_probabilities else row
        if track.hindered:
            return Reading(None, float(track.smoothed.max()), published)
        return Reading(track.label, float(confidence), published)


def is_distribution(row: FloatArray) -> bool:
    """Whether these are probabilities: finite, none negative, sum 1."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(row.sum(dtype=np.float64))
        # Written so that NaN fails.
        return bool(abs(total - 1.0) <= TOLERANCE and row.min() >= 0.0)
