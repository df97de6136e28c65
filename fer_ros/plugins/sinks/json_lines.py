"""One line of JSON a frame, for machines."""

from __future__ import annotations

import json
import sys
from typing import Any

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.types import Emotion, Result
from fer_ros.core.recognition.as_json import reading
from fer_ros.core.recognition.stages import durations


class JsonLinesSink(Sink):
    """Writes each result to standard output at once."""

    def write(self, result: Result) -> None:
        sys.stdout.write(json.dumps(as_dict(result), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        sys.stdout.flush()


def as_dict(result: Result) -> dict[str, Any]:
    """Plain values of a result.

    :returns: ``frame_id``, ``model``; ``times``: ``acquired``, ``received``, ``detected``, ``classified`` and
        ``published``, integer nanoseconds since the epoch; ``latency_ms``: milliseconds by stage; ``label``,
        ``confidence``, ``emoticon`` and ``probabilities`` of the largest face, null if there is none; ``faces``.
    """
    times, primary = result.times, result.primary
    return {
        "frame_id": result.frame.frame_id,
        "model": result.model,
        "label": primary.label if primary else None,
        "confidence": round(primary.confidence, 6) if primary else None,
        "emoticon": primary.emoticon if primary else None,
        "probabilities": _probabilities(primary) if primary else None,
        "faces": [_face(emotion) for emotion in result.emotions],
        "times": {
            "acquired": result.frame.stamp,
            "received": times.received,
            "detected": times.detected,
            "classified": times.classified,
            "published": times.published,
        },
        "latency_ms": {stage: round(1e3 * seconds, 4) for stage, seconds in durations(result).items()},
    }


def _face(emotion: Emotion) -> dict[str, Any]:
    roi = emotion.face.roi
    return {
        "id": emotion.face.track_id,
        "roi": {"x": roi.x, "y": roi.y, "width": roi.width, "height": roi.height},
        "detection_score": round(float(emotion.face.score), 4),
        **reading(emotion, emotion.face.eyes or (), 6),
        "probabilities": _probabilities(emotion),
    }


def _probabilities(emotion: Emotion) -> dict[str, float]:
    return {label: round(float(p), 6) for label, p in zip(emotion.labels, emotion.probabilities, strict=True)}
