"""ROS messages as JSON for the dashboard's page; an unknown figure is None."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus

from fer_msgs.msg import Emotion, EmotionArray, Metrics, ModelInfo, Reason, RecordStatus, TrainProgress
from fer_msgs.srv import Train
from fer_ros.core.recognition.as_json import MAX_NAMES, MAX_TEXT, names, number, reading
from fer_ros.core.recognition.stages import spans
from fer_ros.core.recording.status import State
from fer_ros.dashboard.robot import Json, RecordState

#: Of what any node may publish, so many faces of a frame are handed on to the pages.
MAX_FACES = 32
LEVELS = {DiagnosticStatus.OK: "ok", DiagnosticStatus.WARN: "warn"}


def emotions(message: EmotionArray) -> Json:
    """The faces of a frame."""
    times = message.times
    stamps = [_ns(t) for t in (message.header.stamp, times.received, times.detected, times.classified, times.published)]
    return {
        "type": "emotions",
        "stamp": stamps[0] / 1e6,
        "model": message.model[:MAX_TEXT],
        "faces": [_face(emotion) for emotion in message.emotions[:MAX_FACES]],
        "stages": {stage: round(1e3 * seconds, 2) for stage, seconds in spans(stamps).items()},
    }


def model(message: ModelInfo) -> Json:
    """The model in use."""
    created = _ns(message.created)
    return {
        "type": "model",
        "name": message.name[:MAX_TEXT],
        "labels": names(message.labels),
        "backbone": message.backbone[:MAX_TEXT],
        "head": message.head[:MAX_TEXT],
        "dataset": message.dataset[:MAX_TEXT],
        "parameters": message.parameters,
        "created": created / 1e6 if created else None,
        "metrics": metrics(message.metrics),
    }


def metrics(message: Metrics) -> Json | None:
    """Measured quality; None if nothing was measured."""
    labels = names(message.labels)
    if not message.count or len(message.confusion) != len(labels) ** 2:
        return None
    cells = [int(cell) for cell in message.confusion]
    return {
        "count": message.count,
        "labels": labels,
        "support": [int(value) for value in message.support],
        "confusion": [cells[i : i + len(labels)] for i in range(0, len(cells), len(labels))],
        **{
            name: number(getattr(message, name))
            for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_precision", "macro_recall", "macro_f1")
        },
        **{name: numbers(getattr(message, name)) for name in ("precision", "recall", "f1")},
    }


def record_state(message: RecordStatus) -> RecordState:
    """How the recording stands."""
    states = {state.value: state.name.lower() for state in State}
    return RecordState(
        state=states.get(message.state, "idle"),
        bag=PurePath(message.bag[-MAX_TEXT:]).name,
        label=message.label[:MAX_TEXT],
        take=message.take,
        samples=message.take_samples,
        without_face=message.without_face,
        dropped=message.dropped,
        elapsed=number(message.elapsed) or 0.0,
        limit=number(message.limit_seconds) or 0.0,
        message=message.message[:MAX_TEXT],
        reason=reason(message.reason),
    )


def reason(message: Reason) -> Json | None:
    """Why, for the page to word it; None where only the message tells."""
    if not message.code:
        return None
    values = zip(message.names[:MAX_NAMES], message.values, strict=False)
    return {"code": message.code[:MAX_TEXT], "values": {name[:MAX_TEXT]: value[:MAX_TEXT] for name, value in values}}


def progress(message: TrainProgress) -> Json:
    """The progress of a training."""
    figures = ("loss", "accuracy", "val_loss", "val_accuracy", "progress", "elapsed", "remaining")
    return {
        "type": "train",
        **{name: getattr(message, name)[:MAX_TEXT] for name in ("phase", "model", "head", "message")},
        "reason": reason(message.reason),
        "epoch": message.epoch,
        "epochs": message.epochs,
        **{name: number(getattr(message, name)) for name in figures},
    }


def result(answer: Train.Response) -> Json:
    """The outcome of a training."""
    return {
        "ok": answer.success,
        "message": answer.message,
        "reason": reason(answer.reason),
        "model": answer.model,
        "metrics": metrics(answer.metrics),
        "baseline": metrics(answer.baseline),
        "advice": {
            "not_learned": names(answer.not_learned),
            "record_more": names(answer.record_more),
            "record_count": answer.record_count,
            "another_day": number(answer.another_day, 3),
            "general_kept": answer.general_kept,
        },
        "split": answer.split.partition(":")[0],
        "counts": {name: getattr(answer, f"{name}_count") for name in ("train", "validation", "test")},
        "history": {name: numbers(getattr(answer, name)) for name in ("loss", "accuracy", "val_loss", "val_accuracy")},
        "seconds": number(answer.seconds),
        "phases": dict(zip(answer.phases, numbers(answer.phase_seconds), strict=False)),
    }


def camera_health(status: DiagnosticStatus) -> Json:
    """The camera's state, for the page."""
    values = {pair.key: pair.value for pair in status.values}
    return {
        "state": values.get("source state", status.message).partition(":")[0],
        "source": status.hardware_id,
        "rate": _parsed(values.get("rate (Hz)")),
        "level": LEVELS.get(status.level, "error"),
    }


def inference_health(status: DiagnosticStatus) -> Json:
    """The state of inference, for the page."""
    values = {pair.key: pair.value for pair in status.values}
    return {
        "state": values.get("lifecycle state", status.message),
        "rate": _parsed(values.get("rate (Hz)")),
        "replaced": _parsed(values.get("frames replaced by newer ones")),
        "level": LEVELS.get(status.level, "error"),
    }


def numbers(values: Iterable[float]) -> list[float | None]:
    """Figures."""
    return [number(value) for value in values]


def _face(emotion: Emotion) -> Json:
    box = emotion.roi
    return {
        "id": emotion.face_id,
        "box": [box.x_offset, box.y_offset, box.width, box.height],
        "score": number(emotion.detection_score, 3),
        "labels": names(emotion.labels),
        "probabilities": [number(value, 4) for value in emotion.probabilities[:MAX_NAMES]],
        **reading(emotion, [(eye.x, eye.y) for eye in emotion.eyes[:2]], 4),
    }


def _ns(stamp: Time) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def _parsed(text: Any) -> float | None:
    try:
        return number(float(text))
    except (TypeError, ValueError):
        return None
