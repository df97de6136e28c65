"""Images as they are stored: what comes compressed stays compressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from fer_ros.core.base.errors import BadImage
from fer_ros.core.recording import Incoming
from fer_ros.nodes.diagnostics import Drops
from fer_ros.nodes.inputs.image_input import SUFFIX, ImageSubscription
from fer_ros.nodes.messages import recognition as messages


class PictureInput(ImageSubscription[Incoming]):
    """The subscription of the recorder; exists while a bag is open."""

    def __init__(
        self, node: Node, topic: str, transport: str, max_pixels: int, submit: Callable[[Incoming], None], drops: Drops
    ) -> None:
        """Check the topic's name; nothing is subscribed yet.

        :param transport: ``raw``, ``compressed``, or ``auto``: compressed where somebody offers it now.
        :raises ConfigError: this cannot be the name of a topic.
        """
        known = "compressed" if topic.endswith(SUFFIX) else "raw"
        super().__init__(node, topic, known if transport == "auto" else transport, max_pixels, submit, drops)
        if transport == "auto" and not self.compressed and node.count_publishers(self.topic + SUFFIX):
            self.topic += SUFFIX
            self.compressed = True

    def convert(self, message: Any, received: int) -> Incoming:
        stamp, frame_id = messages.nanoseconds(message.header.stamp), message.header.frame_id
        if not self.compressed:
            return Incoming(stamp, frame_id, image=self.decoded(message))
        frame = Incoming(stamp, frame_id, bytes(message.data))
        width, height = frame.size
        if width * height > self.max_pixels:
            raise BadImage("size", f"{width}x{height} is more than max_pixels, {self.max_pixels}")
        return frame
