"""Images as they are stored: a compressed image stays compressed."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from fer_ros.core.recording import Incoming
from fer_ros.core.vision.headers import measure
from fer_ros.core.vision.kinds import JPEG, PNG
from fer_ros.core.vision.pictures import check_size
from fer_ros.nodes.inputs.image_input import SUFFIX, ImageSubscription, InputSettings
from fer_ros.nodes.messages import recognition as messages

#: What a bag holds as it came; other kinds are encoded anew, since players of bags know these two.
STORED = (JPEG, PNG)


class PictureInput(ImageSubscription[Incoming]):
    """The subscription of the recorder; exists while a bag is open."""

    def transport(self, node: Node, settings: InputSettings) -> str:
        """``raw`` or ``compressed``; ``auto`` means compressed if a publisher offers it now."""
        topic = settings.image_topic
        if settings.image_transport != "auto":
            return settings.image_transport
        if topic.endswith(SUFFIX):
            return "compressed"
        try:
            return "compressed" if node.count_publishers(node.resolve_topic_name(topic) + SUFFIX) else "raw"
        except Exception:  # no name of a topic, which is told where it is subscribed
            return "raw"

    def convert(self, message: Any, received: int) -> Incoming:
        stamp, frame_id = messages.nanoseconds(message.header.stamp), message.header.frame_id
        if not self.compressed:
            return Incoming(stamp, frame_id, image=self.decoded(message))
        data = memoryview(message.data)
        header = measure(data)
        if header.kind not in STORED or header.bits > 8:
            return Incoming(stamp, frame_id, image=self.decompressed(message))
        check_size(header.width, header.height, self.max_pixels)
        # Without what a driver's buffer holds behind the picture.
        return Incoming(stamp, frame_id, bytes(data[: header.end]))
