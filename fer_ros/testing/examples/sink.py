"""Publishes the label of the largest face on a topic of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fer_ros import Result, Sink, setting


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the sink; each field becomes a ROS parameter."""

    topic: str = setting("example_label", "topic of the label, relative to the node's namespace")
    least: float = setting(0.0, "labels with less confidence are left out", low=0.0, high=1.0, live=True)


class ExampleSink(Sink):
    """Publishes the label of the largest face as a std_msgs/String; without ROS it prints it."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings

    _publisher: Any = None

    def open(self) -> None:
        # Imported here, so that the plugin can be listed and checked without ROS.
        if self.node is not None:
            from std_msgs.msg import String

            self._message = String
            self._publisher = self.node.create_publisher(String, self.settings.topic, 10)

    def write(self, result: Result) -> None:
        face = result.primary
        if face is None or face.confidence < self.settings.least:
            return
        if self._publisher is None:
            print(face.label)
        else:
            self._publisher.publish(self._message(data=face.label))

    def close(self) -> None:
        if self._publisher is not None:
            self.node.destroy_publisher(self._publisher)
            self._publisher = None
