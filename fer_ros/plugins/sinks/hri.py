"""ROS4HRI (REP-155): faces and expressions below ``/humans/faces``, for other packages of human-robot interaction."""

from __future__ import annotations

import random
import string
from array import array
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from fer_ros.core.base.affect import affect
from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Emotion, Face, ImageArray, Result, Roi
from fer_ros.core.vision import crop

#: Our labels → those of hri_msgs/Expression; others, such as taught ones, are sent as they are.
EXPRESSIONS = {"angry": "angry", "disgust": "disgusted", "fear": "scared", "sad": "sad", "surprise": "surprised"}


@dataclass(frozen=True)
class HriSettings:
    """Settings of ROS4HRI."""

    prefix: str = setting("/humans/faces", "where the topics are")
    size: int = setting(128, "pixels of a side of cropped and aligned", low=16, high=1024)
    keep: float = setting(1.0, "seconds after which the topics of a vanished face are removed", low=0.0, high=60.0)


class HriSink(Sink):
    """Publishes ``tracked`` (IdsList), and per face ``roi``, ``cropped``, ``aligned`` and ``expression``.

    A face keeps its id while it is followed. Ids are five random letters, new in each run, as the REP demands. Of a
    face that another ROS4HRI detector found (detector ``hri``), only ``expression`` is published, under that one's id.
    """

    Settings: ClassVar[type[Any]] = HriSettings
    needs_node = True

    def open(self) -> None:
        try:
            from hri_msgs import msg
        except ImportError as error:
            raise ConfigError("the sink hri needs the package hri_msgs: install it") from error
        from sensor_msgs.msg import Image
        from std_msgs.msg import Header

        self._msg, self._image, self._header = msg, Image, Header
        self._random = random.Random()
        self._faces: dict[int, _Topics] = {}
        self._listing = False
        self._tracked = self.node.create_publisher(msg.IdsList, f"{self.settings.prefix}/tracked", 10)

    def write(self, result: Result) -> None:
        header = self._header(frame_id=result.frame.frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(result.frame.stamp, 10**9)
        ids = []
        for emotion in result.emotions:
            topics = self._topics(emotion.face)
            topics.seen = result.frame.stamp
            topics.expression.publish(self._expression(header, emotion))
            if emotion.face.name:
                continue
            ids.append(topics.id)
            topics.roi.publish(self._roi(header, emotion, result.frame.image.shape))
            if topics.cropped.get_subscription_count():
                topics.cropped.publish(self._picture(header, result.frame.image, emotion.face.roi))
            eyes = emotion.face.eyes
            if eyes and topics.aligned.get_subscription_count():
                picture = self._picture(header, result.frame.image, emotion.face.roi, crop.tilt_of(eyes))
                topics.aligned.publish(picture)
        # The list belongs to who finds the faces; an empty one of ours would contradict another detector's.
        self._listing = self._listing or bool(ids)
        if self._listing:
            self._tracked.publish(self._msg.IdsList(header=header, ids=ids))
        for number, topics in list(self._faces.items()):
            if result.frame.stamp - topics.seen > self.settings.keep * 1e9:
                del self._faces[number]
                topics.destroy(self.node)

    def close(self) -> None:
        for topics in getattr(self, "_faces", {}).values():
            topics.destroy(self.node)
        if hasattr(self, "_tracked"):
            self.node.destroy_publisher(self._tracked)

    def _topics(self, face: Face) -> _Topics:
        known = self._faces.get(face.track_id)
        if known is None:
            name = face.name or "".join(self._random.choices(string.ascii_lowercase, k=5))
            make, place = self.node.create_publisher, f"{self.settings.prefix}/{name}"
            known = self._faces[face.track_id] = _Topics(name, make(self._msg.Expression, f"{place}/expression", 10))
            if not face.name:
                known.roi = make(self._msg.NormalizedRegionOfInterest2D, f"{place}/roi", 10)
                known.cropped, known.aligned = (make(self._image, f"{place}/{n}", 1) for n in ("cropped", "aligned"))
        return known

    def _roi(self, header: Any, emotion: Emotion, shape: tuple[int, ...]) -> Any:
        roi, (height, width) = emotion.face.roi, shape[:2]
        return self._msg.NormalizedRegionOfInterest2D(
            header=header,
            xmin=roi.x / width,
            ymin=roi.y / height,
            xmax=(roi.x + roi.width) / width,
            ymax=(roi.y + roi.height) / height,
            c=float(emotion.face.score),
        )

    def _expression(self, header: Any, emotion: Emotion) -> Any:
        valence, arousal = affect(emotion.labels, emotion.probabilities)
        return self._msg.Expression(
            header=header,
            expression=EXPRESSIONS.get(emotion.label, emotion.label),
            valence=valence,
            arousal=arousal,
            confidence=emotion.confidence,
        )

    def _picture(self, header: Any, image: ImageArray, roi: Roi, tilt: float = 0.0) -> Any:
        """The face, scaled and turned upright, with black where it lies beyond the image, as the REP says."""
        size, (cx, cy, side) = self.settings.size, Framing().square(roi)
        matrix = cv2.getRotationMatrix2D((cx, cy), tilt, size / side)
        matrix[:, 2] += size / 2 - np.array((cx, cy))
        picture = cv2.warpAffine(image, matrix, (size, size))
        height, width = picture.shape[:2]
        grey = picture.ndim == 2
        message = self._image(header=header, height=height, width=width, encoding="mono8" if grey else "bgr8")
        message.step = width if grey else 3 * width
        data = array("B")
        data.frombytes(np.ascontiguousarray(picture).tobytes())
        message.data = data
        return message


@dataclass
class _Topics:
    """The topics of one face."""

    id: str
    expression: Any
    roi: Any = None
    cropped: Any = None
    aligned: Any = None
    seen: int = 0

    def destroy(self, node: Any) -> None:
        for publisher in (self.expression, self.roi, self.cropped, self.aligned):
            if publisher is not None:
                node.destroy_publisher(publisher)
