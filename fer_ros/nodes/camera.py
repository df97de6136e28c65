"""The node ``camera``: publishes the frames of a source as ``image_raw`` and ``image_raw/compressed``."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Source
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.timing import Rate
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.capture import Capture
from fer_ros.core.capture.turning import FLIPS, Turn
from fer_ros.nodes import topics
from fer_ros.nodes.camera_info import CameraInfoPort
from fer_ros.nodes.diagnostics import ERROR, OK, WARN, Diagnostics, Health, shortfall
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.parts.plugin_settings import PluginSettings
from fer_ros.nodes.running import run

TOPIC = "image_raw"
#: Seconds that activating waits for the camera to open, so that a setting that can never work fails the transition.
OPEN_WAIT = 3.0


@dataclasses.dataclass(frozen=True)
class CameraSettings:
    """Settings of the node, besides those of its source."""

    source: str = setting("auto", "where frames come from: a source plugin, see `fer plugins sources`")
    frame_id: str = setting("camera_optical_frame", "coordinate frame of the camera, in each header", live=True)
    camera_name: str = setting("camera", "name of the camera, for its calibration file")
    camera_info_url: str = setting("", "calibration file: file:///…, package://…, a path; empty: ~/.ros/camera_info")
    rotate: int = setting(
        0, "degrees by which pictures are turned clockwise: 0, 90, 180 or 270", low=0, high=270, live=True
    )
    flip: str = setting("none", "mirror the pictures, after turning them", choices=FLIPS, live=True)
    jpeg_quality: int = setting(85, "quality of image_raw/compressed, 1 (small) to 100", low=1, high=100, live=True)
    expected_rate: float = setting(
        0.0, "diagnostics warn below 90 % of so many frames per second; 0: never", low=0.0, high=1000.0, live=True
    )
    exit_at_end: bool = setting(False, "end the process when the source ends, such as a video file")

    def __post_init__(self) -> None:
        self.turn()

    def turn(self) -> Turn:
        """How pictures are turned.

        :raises ConfigError: there is no such rotation.
        """
        return Turn(self.rotate, self.flip)


class CameraNode(ManagedNode):
    """Owns a source; reads it in a thread of its own while active.

    :ivar receivers: get each frame, in the capture's thread, before it is published; for nodes of this process.
    """

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters, those of the chosen source as ``sources.<source>.<setting>``.

        :raises ConfigError: the source is unknown, or a parameter is out of range.
        """
        super().__init__("camera", **arguments)
        known = f"one of {', '.join(registry.names('sources'))}"
        self._settings = self.parameters.declare(CameraSettings, apply=self._set, notes={"source": known})
        self._plugin: type[Source] = registry.load("sources", self._settings.source)
        self._sources = PluginSettings(self.parameters, "sources", self._set_source)
        self._sources.of(self._settings.source)
        self.parameters.check_unknown()
        self.receivers: list[Callable[[Frame], None]] = []
        self._source: Source | None = None
        self._capture: Capture | None = None
        self._rate = Rate()
        self._raw = topics.create_image_publisher(self, Image, TOPIC)
        self._compressed = topics.create_image_publisher(self, CompressedImage, f"{TOPIC}/compressed")
        self._info = CameraInfoPort(self, lambda: self._settings)
        self._diagnostics = Diagnostics(self, self.describe, self._health)

    def describe(self) -> str:
        """What the source reads, such as ``camera /dev/video0 640x480``."""
        return self._source.description if self._source else self._settings.source

    @property
    def ended(self) -> bool:
        """Whether the source has come to its end."""
        return self._capture is not None and self._capture.ended

    def load(self) -> None:
        self._info.load()
        settings = self._sources.of(self._settings.source)
        self._source = self._plugin(settings, clock=lambda: self.get_clock().now().nanoseconds)
        self._source.node = self
        self._capture = Capture(self._source, self._deliver, self.get_logger(), self._at_end)

    def work(self) -> None:
        if self._capture is None:
            raise FerError("the camera is not configured")
        self._capture.start(wait=OPEN_WAIT)

    def rest(self) -> None:
        if self._capture is not None:
            self._capture.stop()

    def unload(self) -> None:
        self._source = self._capture = None

    def _deliver(self, frame: Frame) -> None:
        settings = self._settings
        image = settings.turn().picture(frame.image)
        if frame.frame_id != settings.frame_id or image is not frame.image:
            frame = dataclasses.replace(frame, image=image, frame_id=settings.frame_id)
        self._rate.tick()
        for receive in self.receivers:
            receive(frame)
        self._info.publish(frame)
        if self._raw.get_subscription_count():
            self._raw.publish(images.image(frame.image, messages.header(frame)))
        if self._compressed.get_subscription_count():
            head, quality = messages.header(frame), self._settings.jpeg_quality
            self._compressed.publish(images.compressed_image(frame.image, head, quality))

    def _at_end(self) -> None:
        error = self._capture.error if self._capture else None
        if (error is not None and self.managed.autostart) or self._settings.exit_at_end:
            self.on_finished(error)

    def _set(self, settings: CameraSettings) -> None:
        self._settings = settings

    def _set_source(self, name: str, settings: Any) -> None:
        if self._capture is not None:
            self._capture.change(settings)

    def _health(self) -> Health:
        capture = self._capture
        values: dict[str, object] = {"lifecycle state": self.state, "source": self._settings.source}
        if capture is None:
            return Health(OK, self.state, values)
        values |= {
            "source state": capture.state,
            "rate (Hz)": self._rate.hz(),
            "frames": capture.frames,
            "frames not delivered": capture.failed_frames,
            "outages": capture.outages,
            "subscribers raw": self._raw.get_subscription_count(),
            "subscribers compressed": self._compressed.get_subscription_count(),
        }
        if capture.error is not None:
            return Health(ERROR, capture.state, values)
        if capture.unavailable:
            return Health(WARN, capture.state, values)
        short = shortfall(self._rate.hz(), self._settings.expected_rate) if self.state == "active" else ""
        return Health(WARN if short else OK, short or capture.state, values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until something ends it."""
    return run("camera", CameraNode, arguments)


if __name__ == "__main__":
    sys.exit(main())
