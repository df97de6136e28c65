"""The node ``inference``: reads the emotions of the faces in the frames of any camera."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from fer_msgs.msg import Emotion, EmotionArray, ModelInfo
from fer_ros.core.base import registry
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.timing import Rate
from fer_ros.core.base.types import Frame, Result
from fer_ros.core.capture.mailbox import Mailbox
from fer_ros.core.recognition.draw import annotate
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.recognition.stages import StageStats
from fer_ros.core.vision import choosing
from fer_ros.nodes import topics
from fer_ros.nodes.diagnostics import OK, WARN, Diagnostics, Drops, Health, shortfall
from fer_ros.nodes.inputs.image_input import ImageInput, InputSettings
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.parts.model_in_use import ModelInUse
from fer_ros.nodes.parts.plugin_settings import PluginSettings
from fer_ros.nodes.parts.recalled import Recalled
from fer_ros.nodes.parts.shadowing import Shadowing
from fer_ros.nodes.parts.sinks import Sinks
from fer_ros.nodes.parts.smoothing import Smoothing
from fer_ros.nodes.running import run

ANNOTATED = "image_annotated"
#: Seconds that the thread may take to end.
JOIN = 1.0


@dataclass(frozen=True)
class InferenceSettings(InputSettings):
    """Settings of the node, besides those of its detector."""

    model: str = setting("selected", "model to begin with, a name of `fer models` or a folder; load_model changes it")
    detector: str = setting("auto", "what finds the faces, see `fer plugins detectors`; auto: the best one here")
    threads: int = setting(1, "most CPU threads of the network", low=1, high=64)
    mirror: bool = setting(False, "read each face and its mirror image: a little better for twice the network's time")
    image_transport: str = setting(
        "raw", "raw, or compressed: then /compressed is put behind image_topic", choices=("raw", "compressed")
    )
    keep_recent: bool = setting(True, "keep the frames of the last second in memory, for record/correct")
    expected_rate: float = setting(
        0.0, "diagnostics warn below 90 % of so many results per second; 0: never", low=0.0, high=1000.0, live=True
    )
    expected_age: float = setting(
        0.0, "diagnostics warn of results older than this, seconds; 0: never", low=0.0, high=60.0, live=True
    )
    annotate: bool = setting(True, "offer image_annotated; drawn only while someone listens", live=True)
    jpeg_quality: int = setting(
        80, "quality of image_annotated/compressed, 1 (small) to 100", low=1, high=100, live=True
    )


class InferenceNode(ManagedNode):
    """Takes the newest frame, reads it in a thread of its own while active, and publishes the result.

    :ivar listeners: get each result in that thread, after it was published.
    """

    def __init__(self, subscribe: bool = True, sinks: Sequence[str] = (), **arguments: Any) -> None:
        """Declare the parameters, those of plugins such as ``detectors.<detector>.<setting>``.

        :param subscribe: False if a camera of this process hands frames over by :meth:`submit`.
        :param sinks: sinks to run besides those of the parameter ``sink``.
        :raises ConfigError: a plugin is unknown, or a parameter is out of range.
        """
        super().__init__("inference", **arguments)
        notes = {"detector": f"one of {', '.join((choosing.AUTO, *registry.names('detectors')))}"}
        self._settings = self.parameters.declare(InferenceSettings, apply=self._set, notes=notes)
        self._detector = choosing.resolve(self._settings.detector)
        self._detectors = PluginSettings(self.parameters, "detectors", self._set_detector)
        self._detectors.of(self._detector)
        self._backbones = PluginSettings(self.parameters, "backbones", self._set_backbone, changes=True)
        self._smoothing, self.sinks = Smoothing(self.parameters), Sinks(self, self.parameters, sinks)
        self._shadow = Shadowing(self, self._smoothing)
        self.parameters.check_unknown()
        self.listeners: list[Callable[[Result], None]] = [self.sinks.put]
        self._recent = Recalled(self)
        if self._settings.keep_recent:
            self.listeners.append(self._recent.add)
        self.listeners.append(self._shadow.put)
        self.drops, self.stages, self._rate = Drops(), StageStats(), Rate()
        self._subscribe = subscribe
        self._input: ImageInput | None = None
        self._recogniser: Recogniser | None = None
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._mailbox.close()  # until somebody fetches what is put there
        self._thread: threading.Thread | None = None
        self._replaced = self._told = self._submitted = self._done = 0
        self._emotion = topics.create_publisher(self, Emotion, "emotion", topics.results())
        self._emotions = topics.create_publisher(self, EmotionArray, "emotions", topics.results())
        self._annotated = topics.create_image_publisher(self, Image, ANNOTATED)
        self._annotated_small = topics.create_image_publisher(self, CompressedImage, f"{ANNOTATED}/compressed")
        # Not a lifecycle publisher: the model is known, and told, before the node is active.
        self._model = topics.create_publisher(self, ModelInfo, "model", topics.latched(), always=True)
        self._model_in_use = ModelInUse(self, lambda: self._recogniser, self._announce)
        self._diagnostics = Diagnostics(self, self.describe, self._health)

    def describe(self) -> str:
        """What is in use, such as ``detector: haar; model: default``."""
        model = self._recogniser.bundle.name if self._recogniser else self._settings.model
        return f"detector: {self._detector}; model: {model}"

    @property
    def dropped(self) -> int:
        """Frames that newer ones replaced before they were read."""
        return self._replaced + self._mailbox.dropped

    def submit(self, frame: Frame) -> None:
        """Hand a frame over. It replaces a frame that still waits; if that one must be kept, it waits for it.

        One thread at a time may call it.
        """
        if self._mailbox.closed:
            return
        if not frame.received:
            frame = replace(frame, received=self._now())
        self._submitted += 1
        self._mailbox.put(frame, wait=frame.keep)

    def drain(self, timeout: float) -> None:
        """Wait until every submitted frame is read or replaced.

        :param timeout: longest wait, seconds.
        """
        deadline = time.monotonic() + timeout
        while self._done + self.dropped < self._submitted and time.monotonic() < deadline:
            time.sleep(0.005)

    def load(self) -> None:
        settings = self._settings
        if self._subscribe:
            self._input = ImageInput(self, settings, self.submit, self.drops)
        detector = registry.load("detectors", self._detector)(self._detectors.of(self._detector))
        detector.node = self
        bundle = self._model_in_use.load(settings.model)
        smoother = self._smoothing.smoother
        self._recogniser = Recogniser(
            bundle,
            detector,
            settings.threads,
            self._now,
            smoother=smoother,
            mirror=settings.mirror,
            backbone_settings=self._backbones.of,
        )
        self._announce()

    def work(self) -> None:
        if self._recogniser is None:
            raise FerError("inference is not configured")
        if self._thread is not None and self._thread.is_alive():
            raise FerError("the last frame is still being read; try again")
        self.sinks.start()
        self._recogniser.detector.open()
        self._recogniser.detector.reset()
        self._replaced += self._mailbox.dropped
        self._mailbox = Mailbox()
        self._thread = threading.Thread(
            target=self._run, args=(self._recogniser, self._mailbox), name="inference", daemon=True
        )
        self._thread.start()
        settings = self._settings
        self._shadow.start(self._recogniser, settings.threads, settings.mirror, self._backbones.of)
        if self._input is not None:
            self._input.open()

    def rest(self) -> None:
        if self._input is not None:
            self._input.close()
        self._mailbox.close()
        if self._thread is not None:
            self._thread.join(JOIN)
        self._shadow.stop()
        self.sinks.stop()
        if self._recogniser is not None:
            self._recogniser.detector.close()
        self._recent.forget()

    def unload(self) -> None:
        self._recogniser = self._input = None

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _run(self, recogniser: Recogniser, mailbox: Mailbox[Frame]) -> None:
        while (frame := mailbox.get()) is not None:
            try:
                self._read(recogniser, frame)
            except Exception as error:
                # A plugin may raise anything; it costs the frame, not the node.
                self.drops.add("error")
                self.get_logger().error(
                    f"a frame could not be read: {type(error).__name__}: {error}", throttle_duration_sec=10.0
                )
            self._done += 1

    def _read(self, recogniser: Recogniser, frame: Frame) -> None:
        result = recogniser.process(frame)
        self._publish(result)
        self._rate.tick()
        self.stages.add(result)
        for listen in self.listeners:
            listen(result)

    def _publish(self, result: Result) -> None:
        message = messages.emotions(result)
        result.times.published = self._now()
        # All messages of the frame share this one object.
        message.times.published = messages.time_message(result.times.published)
        self._emotions.publish(message)
        if message.emotions:
            self._emotion.publish(message.emotions[0])
        if not self._settings.annotate:
            return
        plain, small = self._annotated.get_subscription_count(), self._annotated_small.get_subscription_count()
        if not plain and not small:
            return
        age = (result.times.classified - result.frame.stamp) / 1e6
        picture = annotate(result.frame.image, result, age)
        if plain:
            self._annotated.publish(images.image(picture, message.header))
        if small:
            self._annotated_small.publish(images.compressed_image(picture, message.header, self._settings.jpeg_quality))

    def _announce(self) -> None:
        if self._recogniser is not None:
            bundle = self._recogniser.bundle
            self._model.publish(messages.model_info(bundle, self._now()))
            self.get_logger().info(f"model {bundle.name} from {bundle.path}, detector {self._detector}")

    def _set(self, settings: InferenceSettings) -> None:
        self._settings = settings

    def _set_detector(self, name: str, settings: Any) -> None:
        if self._recogniser is not None:
            self._recogniser.configure_detector(settings)

    def _set_backbone(self, name: str, settings: Any) -> None:
        if self._recogniser is not None:
            self._recogniser.configure_backbone(name, settings)

    def _health(self) -> Health:
        if self._input is not None:
            self._input.watch()
        values: dict[str, object] = {
            "lifecycle state": self.state,
            "model": self._recogniser.bundle.name if self._recogniser else "",
            "detector": self._detector,
            "filter": self._smoothing.settings.filter,
            "rate (Hz)": self._rate.hz(),
            "frames replaced by newer ones": self.dropped,
            **self._shadow.values(),
        }
        stages, settings = self.stages.summary(), self._settings
        for stage, summary in stages.items():
            for name in ("median", "p95"):
                if name in summary:
                    values[f"{stage} {name} (ms)"] = 1e3 * summary[name]
        drops = self.drops.counts()
        values |= {f"dropped: {reason}": count for reason, count in sorted(drops.items())}
        if self._input is not None:
            values["image topic"] = self._input.topic
            if self._input.silent:
                return Health(WARN, f"no image on {self._input.topic}", values)
        fresh, self._told = sum(drops.values()) - self._told, sum(drops.values())
        if fresh:
            return Health(WARN, f"{fresh} images dropped since the last report", values)
        age = stages["total"].get("median", 0.0)
        short = shortfall(self._rate.hz(), settings.expected_rate, age, settings.expected_age)
        if short and self.state == "active":
            return Health(WARN, short, values)
        return Health(OK, self.state, values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until something ends it."""
    return run("inference", InferenceNode, arguments)


if __name__ == "__main__":
    sys.exit(main())
