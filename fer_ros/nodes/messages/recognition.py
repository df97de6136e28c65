"""Results and bundles as messages, and message stamps as integers."""

from __future__ import annotations

from array import array
from datetime import datetime
from pathlib import Path

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point32
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from fer_msgs.msg import Emotion, EmotionArray, ModelInfo, StageTimes
from fer_ros.core.base import files, paths, types
from fer_ros.core.base.errors import BadImage
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.nodes.messages import metrics

NANOSECONDS = 1_000_000_000


def time_message(nanoseconds: int) -> Time:
    """Nanoseconds since the epoch as a stamp."""
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    return Time(sec=seconds, nanosec=rest)


def nanoseconds(stamp: Time) -> int:
    """A stamp as nanoseconds since the epoch.

    :raises BadImage: ``reason`` is ``stamp``: zero, negative, or with a second or more of nanoseconds.
    """
    if stamp.sec < 0 or not 0 <= stamp.nanosec < NANOSECONDS or not (stamp.sec or stamp.nanosec):
        raise BadImage("stamp", f"the stamp {stamp.sec} s {stamp.nanosec} ns is no time of acquisition")
    return stamp.sec * NANOSECONDS + stamp.nanosec


def header(frame: types.Frame) -> Header:
    """The header that every output of a frame carries: that of the image itself."""
    return Header(stamp=time_message(frame.stamp), frame_id=frame.frame_id)


def stage_times(times: types.StageTimes) -> StageTimes:
    """The times of the stages."""
    return StageTimes(
        received=time_message(times.received),
        detected=time_message(times.detected),
        classified=time_message(times.classified),
        published=time_message(times.published),
    )


def emotions(result: types.Result) -> EmotionArray:
    """Everything read from a frame; all entries carry the same header and times."""
    head, times = header(result.frame), stage_times(result.times)
    faces = [_emotion(emotion, result.model, head, times) for emotion in result.emotions]
    return EmotionArray(header=head, emotions=faces, model=result.model, times=times)


def _emotion(emotion: types.Emotion, model: str, head: Header, times: StageTimes) -> Emotion:
    roi = emotion.face.roi
    return Emotion(
        header=head,
        face_id=emotion.face.track_id,
        roi=RegionOfInterest(x_offset=roi.x, y_offset=roi.y, width=roi.width, height=roi.height, do_rectify=False),
        detection_score=float(emotion.face.score),
        eyes=[Point32(x=float(x), y=float(y)) for x, y in emotion.face.eyes or ()],
        quality=float(emotion.quality),
        hindrance=emotion.hindrance,
        subject=emotion.subject,
        label=emotion.label,
        confidence=float(emotion.confidence),
        labels=list(emotion.labels),
        probabilities=array("f", np.asarray(emotion.probabilities, dtype=np.float32).tobytes()),
        emoticon=emotion.emoticon,
        emoticons=list(emotion.emoticons),
        model=model,
        times=times,
    )


def face(message: Emotion) -> types.Face | None:
    """The face of which a message tells; None where its box is empty."""
    box = message.roi
    if not box.width or not box.height:
        return None
    eyes = [(point.x, point.y) for point in message.eyes]
    roi = types.Roi(box.x_offset, box.y_offset, box.width, box.height)
    return types.Face(roi, message.detection_score, message.face_id, (eyes[0], eyes[1]) if len(eyes) == 2 else None)


def model_info(bundle: Bundle, now: int) -> ModelInfo:
    """What is known of a bundle.

    :param now: when its use began, nanoseconds.
    """
    mark = bundle.path / paths.MODEL_FILE
    return ModelInfo(
        header=Header(stamp=time_message(now)),
        name=bundle.name,
        path=str(bundle.path),
        sha256=files.sha256(mark),
        created=_created(bundle.data.get("created")),
        labels=list(bundle.labels),
        backbone=bundle.backbone.plugin,
        head=bundle.head.plugin,
        input_width=bundle.input.width,
        input_height=bundle.input.height,
        input_channels=bundle.input.channels,
        parameters=metrics.count(bundle.data.get("parameters")),
        bytes=sum(_size(bundle.path / name) for name in (paths.MODEL_FILE, *bundle.checksums)),
        dataset=str(bundle.quality.get("split", "")),
        metrics=metrics.stated(bundle.quality, bundle.labels),
    )


def _created(value: object) -> Time:
    """A time of day with its zone, as training states it; zero for anything else."""
    try:
        return time_message(int(datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S%z").timestamp()) * NANOSECONDS)
    except (ValueError, OverflowError, AssertionError):
        return Time()


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
