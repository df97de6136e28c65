#!/usr/bin/env python3
"""Greets when somebody smiles: once a smile, and not again before the face was something else."""

import contextlib

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import String

from fer_msgs.msg import EmotionArray

#: Seconds that a smile must last, by the stamps of the frames.
HOLD = 0.5


class Greeter(Node):
    """Reads `emotions`, publishes what to say on `say`."""

    def __init__(self) -> None:
        super().__init__("greeter")
        self._since: dict[int, float] = {}
        self._greeted: set[int] = set()
        self._say = self.create_publisher(String, "say", 10)
        self.create_subscription(EmotionArray, "emotions", self._on_emotions, 10)

    def _on_emotions(self, message: EmotionArray) -> None:
        now = message.header.stamp.sec + message.header.stamp.nanosec / 1e9
        smiling = {e.face_id for e in message.emotions if e.label == "happy" and e.confidence > 0.7}
        self._since = {face: self._since.get(face, now) for face in smiling}
        self._greeted &= smiling
        for face, since in self._since.items():
            if now - since >= HOLD and face not in self._greeted:
                self._greeted.add(face)
                self.get_logger().info(f"hello, face {face}")
                self._say.publish(String(data="Hello! Nice to see you smile."))


rclpy.init()
with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
    rclpy.spin(Greeter())
