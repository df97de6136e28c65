"""How steady a face is followed and read in a film: frames without it, ids, labels, and how its box trembles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.types import Emotion, Frame
from fer_ros.core.capture.film import Film
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.recognition.smoothing import Smoother, SmoothingSettings


@dataclass(slots=True)
class _Track:
    """One id: when it was seen, where, and with which label."""

    places: list[tuple[int, float, float, float]] = field(default_factory=list)
    label: str | None = None
    changes: int = 0
    seconds: float = 0.0

    def see(self, number: int, emotion: Emotion, step: float) -> None:
        (x, y), side = emotion.roi.centre, float(max(emotion.roi.width, emotion.roi.height))
        self.places.append((number, x, y, side))
        self.changes += self.label is not None and emotion.label != self.label
        self.label = emotion.label
        self.seconds += step

    def tremble(self) -> list[float]:
        """How far each box is from the middle of its neighbours in time, in its sides: even motion counts nothing."""
        return [
            float(np.abs((np.array(a[1:]) + np.array(c[1:])) / 2.0 - np.array(b[1:])).max() / b[3])
            for a, b, c in zip(self.places, self.places[1:], self.places[2:], strict=False)
            if c[0] - a[0] == 2
        ]


def measure(
    model: Model,
    detector: Detector,
    path: Path,
    smoothing: SmoothingSettings | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Read a film as the robot would.

    :param smoothing: None takes the robot's defaults.
    :param progress: called with the number of frames done.
    :returns: ``frames``, ``seconds``; ``seen``: frames with a face; ``lost``: those without one between the first and
        the last sight of one; ``ids``; ``id_changes``: ids more than faces at a time; ``label_changes_a_minute`` of a
        face; ``tremble``: the mean distance of a box from the middle of those before and after it, in its sides; the
        last two are None without a face.
    :raises ConfigError: the film cannot be read.
    """
    recogniser = Recogniser(model, detector, smoother=Smoother(smoothing or SmoothingSettings()))
    tracks: dict[int, _Track] = {}
    sights: list[int] = []
    number, at_once, film = 0, 0, Film(path)
    try:
        while True:
            picture = film.picture()
            if picture is not None:
                emotions = recogniser.process(Frame(picture, 1 + round(1e9 * film.time))).emotions
                at_once = max(at_once, len(emotions))
                if emotions:
                    sights.append(number)
                for emotion in emotions:
                    tracks.setdefault(emotion.face.track_id, _Track()).see(number, emotion, film.step)
            number += 1
            if progress:
                progress(number)
            if not film.advance():
                break
        seconds = film.time + film.step
    finally:
        film.close()
    minutes = sum(track.seconds for track in tracks.values()) / 60.0
    trembles = [value for track in tracks.values() for value in track.tremble()]
    return {
        "frames": number,
        "seconds": seconds,
        "seen": len(sights),
        "lost": sights[-1] - sights[0] + 1 - len(sights) if sights else 0,
        "ids": len(tracks),
        "id_changes": len(tracks) - at_once,
        "label_changes_a_minute": sum(track.changes for track in tracks.values()) / minutes if minutes else None,
        "tremble": float(np.mean(trembles)) if trembles else None,
    }
