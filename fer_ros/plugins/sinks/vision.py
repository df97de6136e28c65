"""Every face as vision_msgs/Detection2DArray, for tools that draw or track detections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Emotion, Result


@dataclass(frozen=True)
class VisionSettings:
    """Settings of the detections."""

    topic: str = setting("detections", "the topic, relative to the namespace")


class VisionSink(Sink):
    """Publishes each frame's faces: the box, the track id, and a hypothesis for every label."""

    Settings: ClassVar[type[Any]] = VisionSettings
    needs_node = True

    def open(self) -> None:
        try:
            from vision_msgs import msg
        except ImportError as error:
            raise ConfigError("the sink vision_msgs needs the package vision_msgs: install it") from error
        from std_msgs.msg import Header

        self._msg, self._header = msg, Header
        self._publisher = self.node.create_publisher(msg.Detection2DArray, self.settings.topic, 10)

    def write(self, result: Result) -> None:
        header = self._header(frame_id=result.frame.frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(result.frame.stamp, 10**9)
        detections = [self._detection(header, emotion) for emotion in result.emotions]
        self._publisher.publish(self._msg.Detection2DArray(header=header, detections=detections))

    def close(self) -> None:
        if hasattr(self, "_publisher"):
            self.node.destroy_publisher(self._publisher)

    def _detection(self, header: Any, emotion: Emotion) -> Any:
        roi = emotion.face.roi
        detection = self._msg.Detection2D(header=header, id=str(emotion.face.track_id))
        detection.bbox.size_x, detection.bbox.size_y = float(roi.width), float(roi.height)
        detection.bbox.center.position.x, detection.bbox.center.position.y = roi.centre
        for label, probability in zip(emotion.labels, emotion.probabilities, strict=True):
            hypothesis = self._msg.ObjectHypothesisWithPose()
            hypothesis.hypothesis.class_id, hypothesis.hypothesis.score = label, float(probability)
            detection.results.append(hypothesis)
        return detection
