"""The frames of the last second, kept for whoever corrects a reading."""

from __future__ import annotations

from rclpy.node import Node

from fer_msgs.srv import RecentFrames
from fer_ros.core.recognition.recent import Recent
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages

#: Of the pictures that are kept for good once a reading is corrected, 1 to 100.
QUALITY = 95


class Recalled(Recent):
    """Serves ``recent_frames``."""

    def __init__(self, node: Node) -> None:
        """Nothing was read yet."""
        super().__init__()
        node.create_service(RecentFrames, "recent_frames", self._on_recent)

    def _on_recent(self, request: RecentFrames.Request, response: RecentFrames.Response) -> RecentFrames.Response:
        for result in self.results():
            message = messages.emotions(result)
            response.emotions.append(message)
            response.images.append(images.compressed_image(result.frame.image, message.header, QUALITY))
        return response
