"""The node ``recorder``: records labelled frames of any camera into bags, by service calls."""

from __future__ import annotations

import concurrent.futures
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from std_srvs.srv import Trigger

from fer_msgs.msg import EmotionArray, RecordStatus
from fer_msgs.srv import StartRecording
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import BadImage, FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.recording import FaceFinder, Recorder, RecordingSettings, State, renamed_labels, settings_for
from fer_ros.core.vision import choosing
from fer_ros.nodes import topics
from fer_ros.nodes.diagnostics import ERROR, OK, WARN, Diagnostics, Drops, Health
from fer_ros.nodes.inputs.image_input import InputSettings
from fer_ros.nodes.inputs.picture_input import PictureInput
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.messages import recording as record_messages
from fer_ros.nodes.messages.reasons import refused
from fer_ros.nodes.parts.plugin_settings import PluginSettings
from fer_ros.nodes.running import run
from fer_ros.nodes.services.adding import Adding
from fer_ros.nodes.services.correcting import Correcting
from fer_ros.nodes.services.keeping import KeepingServices
from fer_ros.nodes.waiting import outcome

T = TypeVar("T")

#: Seconds between two messages on record/status while a bag is open.
STATUS_PERIOD = 0.25
#: Seconds that closing a bag may take when the node is deactivated.
CLOSING = 5.0


@dataclass(frozen=True)
class RecorderSettings(InputSettings):
    """Settings of the node, besides those of recording and of its detector."""

    use_inference: bool = setting(True, "take the faces that inference has found, while it runs", live=True)
    detector: str = setting("auto", "what finds the faces otherwise, see the parameter of inference")


class RecorderNode(ManagedNode):
    """Subscribes to images only while a bag is open, and costs nothing otherwise."""

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters, those of the chosen detector as ``detectors.<detector>.<setting>``.

        :raises ConfigError: the detector is unknown, or a parameter is out of range.
        """
        super().__init__("recorder", **arguments)
        known = f"one of {', '.join((choosing.AUTO, *registry.names('detectors')))}"
        self._settings = self.parameters.declare(RecorderSettings, apply=self._set, notes={"detector": known})
        self._recording = self.parameters.declare(RecordingSettings, apply=self._set_recording)
        self._renamed = ""
        self._tell_renamed()
        self._detector = choosing.resolve(self._settings.detector)
        self._plugin: type[Detector] = registry.load("detectors", self._detector)
        self._detectors = PluginSettings(self.parameters, "detectors", self._set_detector, settings_type=settings_for)
        self._detectors.of(self._detector)
        self.parameters.check_unknown()
        # Counted in the recording, too.
        self.drops = Drops(lambda: self._recorder.refuse() if self._recorder else None)
        self._recorder: Recorder | None = None
        self._faces: FaceFinder | None = None
        self._input: PictureInput | None = None
        self._emotions: Any = None
        self._told: object = None
        group = ReentrantCallbackGroup()
        self._status = topics.create_publisher(self, RecordStatus, "record/status", topics.latched(), always=True)
        self.create_service(StartRecording, "record/start", self._on_start, callback_group=group)
        for name, answer in (("pause", self._on_pause), ("stop", self._on_stop), ("discard_last", self._on_discard)):
            self.create_service(Trigger, f"record/{name}", answer, callback_group=group)
        self._keeping = KeepingServices(self, self._ready, self._close_input_when_done, group)
        self._adding = Adding(self, self._ready, self._close_input_when_done, group)
        self._correcting = Correcting(self, self._ready, self._close_input_when_done, group)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATUS_PERIOD, self._on_timer, clock=steady)
        self._diagnostics = Diagnostics(self, lambda: self._settings.image_topic, self._health)

    def load(self) -> None:
        detector = self._plugin(self._detectors.of(self._detector))
        detector.node = self
        self._faces = FaceFinder(detector)

    def work(self) -> None:
        if self._faces is None:
            raise FerError("the recorder is not configured")
        self._faces.open()
        self._recorder = Recorder(
            self._recording, self._faces, self._facts, clock=self._now, on_change=self._publish_status
        )
        self._publish_status()

    def rest(self) -> None:
        self._close_input()
        recorder = self._recorder
        if recorder is not None:
            recorder.close()
            self._publish_status()
        self._recorder = None
        if self._faces is not None:
            self._faces.close()

    def unload(self) -> None:
        self._faces = None

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _facts(self) -> dict[str, str]:
        topic = self._input.topic if self._input else self._settings.image_topic
        return {"camera": topic, "detector": self._detector}

    async def _on_start(
        self, request: StartRecording.Request, response: StartRecording.Response
    ) -> StartRecording.Response:
        try:
            recorder = self._ready()
            self._open_input(recorder)
            bag = await outcome(
                recorder.start(
                    request.label, request.subject, request.seconds, request.samples, request.bag, request.any_label
                )
            )
        except FerError as error:
            self._refuse("record/start", response, error)
        else:
            response.success, response.bag = True, str(bag)
            response.message = f"recording '{request.label}' into {bag}"
            self.get_logger().info(response.message)
        self._close_input_when_done()
        return response

    async def _on_pause(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return await self._answer(
            "record/pause", response, lambda r: r.pause(), lambda s: f"take {s.take} has {s.take_samples} samples"
        )

    async def _on_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return await self._answer(
            "record/stop", response, lambda r: r.stop(), lambda s: f"bag {s.bag} is closed: {s.summary()}"
        )

    async def _on_discard(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return await self._answer(
            "record/discard_last", response, lambda r: r.discard_last(), lambda n: f"{n} samples are taken back"
        )

    async def _answer(
        self,
        service: str,
        response: Trigger.Response,
        command: Callable[[Recorder], concurrent.futures.Future[T]],
        text: Callable[[T], str],
    ) -> Trigger.Response:
        try:
            result = await outcome(command(self._ready()))
        except FerError as error:
            self._refuse(service, response, error)
        else:
            response.success, response.message = True, text(result)
            self.get_logger().info(response.message)
        self._close_input_when_done()
        return response

    def _ready(self) -> Recorder:
        if self._recorder is None:
            raise FerError(
                f"the recorder is {self.state}: activate it first", "inactive", node="recorder", state=self.state
            )
        return self._recorder

    def _refuse(self, service: str, response: Any, error: FerError) -> None:
        self.get_logger().warning(f"{service}: {error}")
        refused(response, error)

    def _open_input(self, recorder: Recorder) -> None:
        """Subscribe, unless that is done already.

        :raises ConfigError: the topic's name is no good.
        """
        if self._input is not None:
            return
        self._input = PictureInput(self, self._settings, recorder.offer, self.drops)
        self._input.open()
        self._emotions = topics.create_subscription(self, EmotionArray, "emotions", self._on_emotions, topics.results())

    def _close_input(self) -> None:
        if self._input is not None:
            self._input.close()
            self._input = None
        subscription, self._emotions = self._emotions, None
        if subscription is not None:
            self.destroy_subscription(subscription)

    def _close_input_when_done(self) -> None:
        if self._recorder is None or not self._recorder.active:
            self._close_input()

    def _on_emotions(self, message: EmotionArray) -> None:
        if self._faces is None or not self._settings.use_inference:
            return
        try:
            stamp = messages.nanoseconds(message.header.stamp)
        except BadImage:
            return
        self._faces.tell(stamp, messages.face(message.emotions[0]) if message.emotions else None)

    def _on_timer(self) -> None:
        if self._recorder is not None and self._recorder.active:
            self._publish_status()

    def _publish_status(self) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        message = record_messages.status(recorder.status())
        message.header.stamp = self.get_clock().now().to_msg()
        self._status.publish(message)

    def _set(self, settings: RecorderSettings) -> None:
        self._settings = settings

    def _set_detector(self, name: str, settings: Any) -> None:
        if self._faces is not None:
            self._faces.configure(settings)

    def _set_recording(self, settings: RecordingSettings) -> None:
        self._recording = settings
        self._tell_renamed()
        if self._recorder is not None:
            self._recorder.set(settings)

    def _tell_renamed(self) -> None:
        """Say once which labels of the parameter are recorded under another name."""
        renamed = renamed_labels(self._recording.labels, self._recording.label_names)
        if renamed and renamed != self._renamed:
            self.get_logger().info(f"labels: {renamed}; label_names: as-is keeps them")
        self._renamed = renamed

    def _health(self) -> Health:
        if self._input is not None:
            self._input.watch()
        values: dict[str, object] = {"lifecycle state": self.state}
        if self._recorder is None:
            return Health(OK, self.state, values)
        status = self._recorder.status()
        values |= {"recording": status.state.name.lower(), "bag": str(status.bag or "")}
        for name in ("received", "written", "without_face", "dropped", "pending", "bytes", "free_bytes"):
            values[name.replace("_", " ")] = getattr(status, name)
        values |= {f"dropped: {reason}": count for reason, count in sorted(self.drops.counts().items())}
        if status.state == State.FAILED:
            return Health(ERROR, status.message, values)
        if self._input is not None and self._input.silent:
            return Health(WARN, f"no image on {self._input.topic}", values)
        return Health(OK, status.state.name.lower(), values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until something ends it."""
    return run("recorder", RecorderNode, arguments)


if __name__ == "__main__":
    sys.exit(main())
