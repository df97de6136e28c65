"""The built messages are those of the design, and travel whole through serialisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from fer_msgs import action, msg, srv

FIELDS: dict[Any, set[str]] = {
    msg.StageTimes: {"received", "detected", "classified", "published"},
    msg.Emotion: {
        "header", "face_id", "roi", "detection_score", "eyes", "quality", "hindrance", "subject", "label", "confidence",
        "labels", "probabilities", "emoticon", "emoticons", "model", "times",
    },
    msg.EmotionArray: {"header", "emotions", "model", "times"},
    msg.Label: {"header", "label", "subject", "roi"},
    srv.StartRecording.Request: {"label", "subject", "seconds", "samples", "bag"},
    srv.StartRecording.Response: {"success", "message", "bag"},
    srv.Train.Request: {
        "bags", "head", "split", "epochs", "learning_rate", "batch_fraction", "hidden_units", "seed", "name",
    },
    srv.Train.Response: {"success", "message", "model", "metrics", "seconds"},
    msg.Metrics: {
        "count", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "labels", "recall", "support", "confusion",
    },
    srv.CorrectEmotion.Request: {"label", "face_id", "subject", "keep_only"},
    srv.CorrectEmotion.Response: {"success", "message", "bag", "take", "samples", "model"},
    srv.DiscardTake.Request: {"bag", "take"},
    srv.DiscardTake.Response: {"success", "message", "samples"},
    srv.RecentFrames.Response: {"images", "emotions"},
    srv.RestoreTake.Request: {"bag", "take"},
    srv.RestoreTake.Response: {"success", "message", "samples"},
    srv.ForgetPerson.Request: {"subject", "dry_run", "teach_anew"},
    srv.ForgetPerson.Response: {"success", "message", "done", "left"},
    srv.LoadModel.Request: {"name"},
    srv.LoadModel.Response: {"success", "message"},
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_fields_of_the_design(kind: Any) -> None:
    assert FIELDS[kind] <= set(kind.get_fields_and_field_types())


def test_emotion_survives_the_wire() -> None:
    times = msg.StageTimes(received=Time(sec=1), detected=Time(sec=2), classified=Time(sec=3), published=Time(sec=4))
    sent = msg.Emotion(
        header=Header(stamp=Time(sec=2_000_000_000, nanosec=999_999_999), frame_id="camera_optical_frame"),
        face_id=2**32 - 1,
        roi=RegionOfInterest(x_offset=1, y_offset=2, width=3, height=4),
        detection_score=0.5,
        label="행복",
        confidence=0.75,
        labels=["행복", "none of these"],
        probabilities=np.array([0.75, 0.25], np.float32),
        emoticon="😊",
        emoticons=["😀", "🙂"],
        model="default",
        times=times,
    )
    got = deserialize_message(serialize_message(msg.EmotionArray(emotions=[sent], times=times)), msg.EmotionArray)
    assert got.emotions == [sent]
    assert got.emotions[0].emoticon == "😊"
    assert list(got.emotions[0].probabilities) == [0.75, 0.25]


def test_training_answer_holds_a_matrix() -> None:
    metrics = msg.Metrics(count=3, labels=["happy", "sad"], confusion=np.array([[1, 0], [1, 1]], np.uint32).ravel())
    answer = deserialize_message(serialize_message(srv.Train.Response(metrics=metrics)), srv.Train.Response)
    assert np.reshape(answer.metrics.confusion, (2, 2)).tolist() == [[1, 0], [1, 1]]


def test_the_action_has_the_fields_of_the_service() -> None:
    """One code fills in both."""
    for of_action, of_service in ((action.Train.Goal, srv.Train.Request), (action.Train.Result, srv.Train.Response)):
        assert of_action.get_fields_and_field_types() == of_service.get_fields_and_field_types()
    assert action.Train.Feedback.get_fields_and_field_types() == {"progress": "fer_msgs/TrainProgress"}


def test_phases_and_states_have_their_values() -> None:
    names = (
        "IDLE",
        "LOADING",
        "EMBEDDING",
        "TRAINING",
        "EVALUATING",
        "SAVING",
        "SWAPPING",
        "DONE",
        "CANCELLED",
        "FAILED",
    )
    phases = [getattr(msg.TrainProgress, f"PHASE_{name}") for name in names]
    assert phases == [name.lower() for name in names]
    status = msg.RecordStatus
    states = [status.STATE_IDLE, status.STATE_PAUSED, status.STATE_RECORDING, status.STATE_FAILED]
    assert states == [0, 1, 2, 3]
