"""Turns image messages of any camera into frames, trusts none of them, and says so when none comes."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.vision import depth
from fer_ros.core.vision.images import MAX_PIXELS, decode_compressed
from fer_ros.nodes import topics
from fer_ros.nodes.diagnostics import Drops
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.running import first_line

T = TypeVar("T")

#: Seconds without an image after which the log says so, and between two warnings for the same kind of bad image.
SILENCE, REPEAT = 5.0, 30.0
SUFFIX = "/compressed"
#: Characters; it is copied to every output, once per face.
MAX_FRAME_ID = 1000


@dataclass(frozen=True)
class InputSettings:
    """Settings of a subscription."""

    image_topic: str = setting("image_raw", "topic of the raw images, of any camera")
    image_transport: str = setting(
        "auto", "raw, compressed, or auto: compressed if a publisher offers it", choices=("auto", "raw", "compressed")
    )
    max_pixels: int = setting(MAX_PIXELS, "larger images are dropped, pixels", low=1, high=1 << 28)
    bits: str = setting("", "bits that 16-bit images use, such as 10; auto: stretch each image; empty: 16")


class ImageSubscription(ABC, Generic[T]):
    """A subscription of raw or compressed images; a subclass turns each message into something."""

    def __init__(self, node: Node, settings: InputSettings, submit: Callable[[T], None], drops: Drops) -> None:
        """Check the topic's name; nothing is subscribed yet.

        :param submit: called in the executor's thread with the outcome of each message.
        :param drops: counts the bad messages, by reason.
        :raises ConfigError: the name of the topic is not allowed, or the bits are.
        """
        self._depth = depth.parse(settings.bits)
        self._node, self._submit, self._drops, self.max_pixels = node, submit, drops, settings.max_pixels
        topic, transport = settings.image_topic, self.transport(node, settings)
        self.compressed = transport == "compressed"
        if self.compressed and not topic.endswith(SUFFIX):
            topic += SUFFIX
        try:
            self.topic = node.resolve_topic_name(topic)
        except Exception as error:
            raise ConfigError(f"image_topic '{topic}' cannot be the name of a topic: {first_line(error)}") from error
        self._subscription: Any = None
        self._lock = threading.Lock()
        self._last = 0.0
        self._silent = False
        self._warned: dict[str, float] = {}

    def transport(self, node: Node, settings: InputSettings) -> str:
        """``raw`` or ``compressed``."""
        return settings.image_transport

    @abstractmethod
    def convert(self, message: Any, received: int) -> T:
        """Turn a message into what is submitted.

        :param message: an ``Image``, or a ``CompressedImage`` if :attr:`compressed` is true.
        :param received: when it came, nanoseconds of the node's clock.
        :raises BadImage: it is no good.
        """

    def decoded(self, message: Image) -> ImageArray:
        """The picture in an uncompressed message.

        :raises BadImage: it is no good.
        """
        return images.picture(message, self.max_pixels, self._depth, self._note)

    def decompressed(self, message: CompressedImage) -> ImageArray:
        """The picture in a compressed message.

        :raises BadImage: it is no good.
        """
        return decode_compressed(message.data, self.max_pixels, depth=self._depth, note=self._note)

    @property
    def silent(self) -> bool:
        """Whether no image came for :data:`SILENCE` seconds."""
        return self._silent

    def open(self) -> None:
        """Subscribe."""
        self._last, self._silent = time.monotonic(), False
        kind = CompressedImage if self.compressed else Image
        self._subscription = topics.create_image_subscription(self._node, kind, self.topic, self._take)

    def close(self) -> None:
        """Unsubscribe; harmless when not subscribed."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._node.destroy_subscription(subscription)

    def watch(self) -> None:
        """Check whether images come; call it about once a second."""
        if self._subscription is None or self._silent or time.monotonic() - self._last < SILENCE:
            return
        self._silent = True
        senders = self._node.count_publishers(self.topic)
        causes = topics.mismatches(self._node, self.topic)
        if not causes:
            causes = ["is the camera running, and is image_topic right?" if not senders else "nothing is sent"]
        count = f"{senders} publisher{'' if senders == 1 else 's'}"
        self._node.get_logger().warning(f"no image on {self.topic} for {SILENCE:.0f} s, {count}: {'; '.join(causes)}")

    def _take(self, message: Any) -> None:
        received = self._node.get_clock().now().nanoseconds
        self._last = time.monotonic()
        if self._silent:
            self._silent = False
            self._node.get_logger().info(f"images are back on {self.topic}")
        try:
            if len(message.header.frame_id) > MAX_FRAME_ID:
                raise BadImage("frame_id", f"a frame_id of {len(message.header.frame_id)} characters")
            taken = self.convert(message, received)
        except BadImage as error:
            self._refuse(error.reason, str(error))
        else:
            self._submit(taken)

    def _refuse(self, reason: str, text: str) -> None:
        self._drops.add(reason)
        self._warn(reason, f"image on {self.topic} dropped ({reason}): {text}")

    def _note(self, text: str) -> None:
        """Warn of something odd about an image that could still be read."""
        self._warn("note", f"image on {self.topic}: {text}")

    def _warn(self, kind: str, text: str) -> None:
        now = time.monotonic()
        if now - self._warned.get(kind, -REPEAT) >= REPEAT:
            self._warned[kind] = now
            self._node.get_logger().warning(text)


class ImageInput(ImageSubscription[Frame]):
    """Frames for inference."""

    def convert(self, message: Any, received: int) -> Frame:
        head = message.header
        stamp = messages.nanoseconds(head.stamp)
        image = self.decompressed(message) if self.compressed else self.decoded(message)
        return Frame(image, stamp, head.frame_id, received)
