"""The node ``dashboard``: a page for people, over the topics and services of the other nodes."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType

from fer_msgs.msg import EmotionArray, ModelInfo, RecordStatus, TrainProgress
from fer_ros.core.base.errors import BadImage, FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import ImageArray
from fer_ros.core.recording import Incoming
from fer_ros.dashboard.robot import Json, Preview
from fer_ros.dashboard.serving import links
from fer_ros.dashboard.serving.server import Server
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.nodes import topics
from fer_ros.nodes.dashboard import messages as dashboard_messages
from fer_ros.nodes.dashboard.robot import RosRobot
from fer_ros.nodes.diagnostics import OK, WARN, Diagnostics, Drops, Health
from fer_ros.nodes.inputs.image_input import InputSettings
from fer_ros.nodes.inputs.picture_input import PictureInput
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.running import run

#: Seconds between two looks at which nodes run; and without a report after which a node counts as silent.
LOOK, SILENT = 1.0, 3.0
#: Why a token cannot be given as it could once.
NO_TOKEN = "everybody on the network can read a parameter: write the token into a file and set token_file to its path"
#: Pixels that a picture is wide at most where it is encoded here: more is not seen on a page.
MAX_WIDTH = 1280


@dataclass(frozen=True)
class ViewSettings(InputSettings):
    """Which pictures are shown."""

    jpeg_quality: int = setting(
        80, "quality of images that arrive uncompressed, 1 (small) to 100", low=1, high=100, live=True
    )


class DashboardNode(ManagedNode):
    """Owns the server; subscribes to pictures and emotions while somebody watches."""

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters.

        :raises ConfigError: a parameter is out of range.
        """
        super().__init__("dashboard", **arguments)
        self._view = self.parameters.declare(ViewSettings, apply=self._set_view)
        self._settings = self.parameters.declare(DashboardSettings)
        self.parameters.refuse("token", NO_TOKEN)
        self.parameters.check_unknown()
        self.drops = Drops()
        self._robot = RosRobot(self, self._watch)
        self._server: Server | None = None
        self._input: PictureInput | None = None
        self._watched: list[Any] = []
        self._subscribed: list[Any] = []
        self._nodes: dict[str, bool] = {}
        self._health_of: dict[str, tuple[float, Json]] = {}
        self._told = 0
        self._timer = self.create_timer(LOOK, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._diagnostics = Diagnostics(self, lambda: self.url, self._health)

    @property
    def url(self) -> str:
        """The page's address, without the token; empty while it is not served."""
        return self._server.url.partition("#")[0] if self._server is not None and self.state == "active" else ""

    def load(self) -> None:
        self._server = Server(self._settings, self._robot)

    def work(self) -> None:
        server = self._server
        if server is None:
            raise FerError("the dashboard is not configured")
        server.start()
        self._nodes = {}
        for kind, topic, take in (
            (ModelInfo, "model", self._on_model),
            (RecordStatus, "record/status", self._on_record),
            (TrainProgress, "train/progress", self._on_progress),
        ):
            self._subscribed.append(topics.create_subscription(self, kind, topic, take, topics.latched()))
        self._announce(server)

    def rest(self) -> None:
        self._watch(False, False)
        if self._server is not None:
            self._server.stop()
        self._destroy(self._subscribed)

    def unload(self) -> None:
        self._server = None

    def _announce(self, server: Server) -> None:
        """Print the page's address on the terminal only: it holds the token, and the log is published."""
        lines = [f"dashboard: {server.url}"]
        if not self._settings.local:
            lines.append(links.qr_text(server.url).rstrip("\n"))
            if not self._settings.secure:
                lines.append("dashboard: without TLS a phone shows the page but cannot lend its camera: self_signed")
        print("\n".join(lines), file=sys.stderr, flush=True)

    def _watch(self, pictures: bool, emotions: bool) -> None:
        """Subscribe to what is watched, and to nothing else; in the executor's thread."""
        if self._input is not None and not pictures:
            self._input.close()
            self._input = None
        elif self._input is None and pictures:
            self._input = PictureInput(self, self._view, self._on_picture, self.drops)
            self._input.open()
        wanted = pictures or emotions
        if self._watched and not wanted:
            self._destroy(self._watched)
        elif wanted and not self._watched:
            # Depth 1: an emotion that is late is not shown any more.
            self._watched.append(
                topics.create_subscription(self, EmotionArray, "emotions", self._on_emotions, topics.sensor_data())
            )
            self._watched.append(
                topics.create_subscription(self, DiagnosticArray, "/diagnostics", self._on_health, topics.results())
            )

    def _destroy(self, subscriptions: list[Any]) -> None:
        while subscriptions:
            self.destroy_subscription(subscriptions.pop())

    def _on_picture(self, incoming: Incoming) -> None:
        server = self._server
        if server is None:
            return
        try:
            width, height = incoming.size
        except BadImage as error:
            self.drops.add(error.reason)
            return
        quality, whole = self._view.jpeg_quality, None
        if incoming.image is not None:
            small = _narrowed(incoming.image)
            data = Incoming(incoming.stamp, incoming.frame_id, image=small).file(quality)
            if small is not incoming.image:
                whole = functools.partial(incoming.file, quality)
        else:
            data = incoming.picture
        preview = Preview(incoming.stamp, data, width, height, whole)
        server.post(lambda: server.hub.show(preview))

    def _on_emotions(self, message: EmotionArray) -> None:
        self._post(lambda server: server.hub.show_emotions(dashboard_messages.emotions(message)))

    def _on_model(self, message: ModelInfo) -> None:
        self._post(lambda server: server.models.on_model(dashboard_messages.model(message)))

    def _on_record(self, message: RecordStatus) -> None:
        self._post(lambda server: server.recording.on_state(dashboard_messages.record_state(message)))

    def _on_progress(self, message: TrainProgress) -> None:
        self._post(lambda server: server.training.on_progress(dashboard_messages.progress(message)))

    def _on_health(self, message: DiagnosticArray) -> None:
        prefix = self.get_namespace().strip("/")
        for status in message.status:
            if self._tells(status, prefix, "camera"):
                self._health_of["camera"] = time.monotonic(), dashboard_messages.camera_health(status)
            elif self._tells(status, prefix, "inference"):
                self._health_of["inference"] = time.monotonic(), dashboard_messages.inference_health(status)

    @staticmethod
    def _tells(status: DiagnosticStatus, prefix: str, name: str) -> bool:
        return status.name == f"{prefix}/{name}: {name}".lstrip("/")

    def _look(self) -> None:
        """Tell which nodes run and, if somebody watches, how they are."""
        if self._server is None or self.state != "active":
            return
        nodes = {"camera": self.count_publishers(self._view.image_topic) > 0, **self._robot.presence()}
        if nodes != self._nodes:
            self._nodes = nodes
            self._post(lambda server: server.hub.tell({"type": "nodes", **nodes}, keep=True))
        if self._watched:
            recent = time.monotonic() - SILENT
            stats = {name: said[1] if (said := self._health_of.get(name)) and said[0] > recent else None
                     for name in ("camera", "inference")}  # fmt: skip
            self._post(lambda server: server.hub.show_stats({"type": "stats", **stats}))

    def _post(self, action: Any) -> None:
        server = self._server
        if server is not None:
            server.post(action, server)

    def _set_view(self, view: ViewSettings) -> None:
        self._view = view

    def _health(self) -> Health:
        if self._input is not None:
            self._input.watch()
        server = self._server
        values: dict[str, object] = {"lifecycle state": self.state, "browsers": server.clients if server else 0}
        values |= {f"dropped: {reason}": count for reason, count in sorted(self.drops.counts().items())}
        values |= {f"refused: {reason}": count for reason, count in sorted((server.refused if server else {}).items())}
        fresh, self._told = sum(self.drops.counts().values()) - self._told, sum(self.drops.counts().values())
        return Health(WARN if fresh else OK, f"{fresh} images dropped" if fresh else self.state, values)


def _narrowed(image: ImageArray) -> ImageArray:
    """The picture, made smaller in proportion if it is wider than the page shows."""
    height, width = image.shape[:2]
    if width <= MAX_WIDTH:
        return image
    size = MAX_WIDTH, max(1, round(height * MAX_WIDTH / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until something ends it."""
    return run("dashboard", DashboardNode, arguments)


if __name__ == "__main__":
    sys.exit(main())
