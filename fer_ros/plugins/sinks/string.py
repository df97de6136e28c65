"""Only the label, as std_msgs/String, for simple robots and micro-ROS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Result


@dataclass(frozen=True)
class StringSettings:
    """Settings of the label's topic."""

    topic: str = setting("label", "the topic, relative to the namespace")


class StringSink(Sink):
    """Publishes the label of the largest face of each frame; nothing without a face."""

    Settings: ClassVar[type[Any]] = StringSettings
    needs_node = True

    def open(self) -> None:
        from std_msgs.msg import String

        self._message = String
        self._publisher = self.node.create_publisher(String, self.settings.topic, 10)

    def write(self, result: Result) -> None:
        if result.primary is not None:
            self._publisher.publish(self._message(data=result.primary.label))

    def close(self) -> None:
        if hasattr(self, "_publisher"):
            self.node.destroy_publisher(self._publisher)
