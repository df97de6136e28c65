"""Reads a frame: detector, crop, backbone, head, emotions, with the time of each stage."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Backbone, Clock, Detector, Head, Live
from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.labels import UNCERTAIN
from fer_ros.core.base.types import Emotion, Face, FloatArray, Frame, ImageArray, Result, StageTimes
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition import naming
from fer_ros.core.recognition.naming import Known, Naming, Places
from fer_ros.core.recognition.seen import Seen
from fer_ros.core.recognition.smoothing import Reading, Smoother
from fer_ros.core.vision import crop, quality
from fer_ros.core.vision.quality import Quality


@dataclass(frozen=True, slots=True)
class Model:
    """A bundle with its networks loaded.

    :ivar mirror: whether it reads each face and its mirror image, and averages the probabilities.
    :ivar people: whom it knows.
    :ivar seen: asks the backbone.
    """

    bundle: Bundle
    backbone: Backbone
    head: Head
    mirror: bool = False
    people: tuple[Known, ...] = ()
    seen: Seen = field(default_factory=Seen, repr=False, compare=False)

    @classmethod
    def open(cls, bundle: Bundle, threads: int = 1, mirror: bool = False, backbone_settings: Any = None) -> Model:
        """Load the networks and run them once. This refuses one that cannot answer, and makes the first frame fast.

        :param mirror: read each face twice, a little better for twice the network's time.
        :param backbone_settings: of the backbone's plugin; None takes its defaults.
        :raises ConfigError: a plugin is unknown, or a file is damaged or does not fit.
        """
        try:
            backbone, head = bundle.open(threads, backbone_settings)
            people = naming.known(bundle, backbone.output_shape)
            return cls._try(cls(bundle, backbone, head, mirror, people=people))
        except ConfigError:
            raise
        except Exception as error:
            # Plugins of others may raise anything; whoever swaps models must be able to keep the old one.
            raise ConfigError(f"{bundle.path}: cannot be run: {type(error).__name__}: {reason(error)}") from error

    def __repr__(self) -> str:
        return f"Model({self.bundle!r}{', mirror=True' if self.mirror else ''})"

    @classmethod
    def _try(cls, model: Model) -> Model:
        bundle, spec = model.bundle, model.bundle.input
        levels = np.linspace(0, 255, spec.height * spec.width * spec.channels)
        face = levels.astype(np.uint8).reshape(1, spec.height, spec.width, spec.channels)
        for place in range(naming.NOBODY, len(model.people)):
            with np.errstate(over="ignore", invalid="ignore"):
                answer = model.classify(face, np.array([place]))
            if answer.shape != (1, len(bundle.labels)) or not abs(float(answer.sum()) - 1.0) < 1e-3 or answer.min() < 0:
                raise ConfigError(f"{bundle.path}: does not answer with probabilities of its labels; train it again")
        return model

    def classify(self, crops: ImageArray, who: Places | None = None) -> FloatArray:
        """Probabilities of face crops.

        :param crops: uint8 (n, height, width, channels) as :func:`fer_ros.core.vision.crop.cut` gives them, n ≥ 1.
        :param who: whose each is: the place among :attr:`people`, or ``NOBODY``; None: nobody's.
        :returns: float32 (n, number of labels).
        """
        found = self._read(crops, who)
        return (found + self._read(crops[:, :, ::-1], who)) / np.float32(2.0) if self.mirror else found

    def _read(self, crops: ImageArray, who: Places | None) -> FloatArray:
        maps = self.seen.maps(self.backbone, crop.scale(crops, self.bundle.input))
        found = self.head.read(maps)
        for place in set(() if who is None else who.tolist()) - {naming.NOBODY}:
            rows, found = np.flatnonzero(who == place), found.copy()
            found[rows] = self.people[place].read(maps.chosen(rows), len(self.bundle.labels))
        return found

    def crops(self, image: ImageArray, faces: list[Face], framing: Framing) -> ImageArray:
        """The crops of faces, uint8 (n, height, width, channels)."""
        return np.stack([crop.cut(image, face.roi, framing, self.bundle.input, face.eyes) for face in faces])


class Recogniser:
    """Reads the emotions of frames. One thread calls :meth:`process`; :meth:`swap` may be called from any."""

    def __init__(
        self,
        bundle: Bundle | Model,
        detector: Detector,
        threads: int = 1,
        clock: Clock = time.time_ns,
        emoticons: Emoticons | None = None,
        smoother: Smoother | None = None,
        mirror: bool = False,
        backbone_settings: Callable[[str], Any] = lambda plugin: None,
    ) -> None:
        """Load the networks.

        :param bundle: what to load. A loaded model is used as it is, so several recognisers can share one.
        :param threads: most CPU threads of the network.
        :param clock: gives the times of the stages, nanoseconds; the same clock that stamped the frames.
        :param smoother: chooses the labels; None takes the most probable one of each frame.
        :param mirror: see :meth:`Model.open`.
        :param backbone_settings: gives the settings of a backbone plugin by its name; None for its defaults.
        :raises ConfigError: see :meth:`Model.open`.
        """
        self._backbone_settings = backbone_settings
        self._threads, self._mirror, self._clock = threads, mirror, clock
        self._lock, self._swapping = threading.Lock(), threading.Lock()
        self._model = bundle if isinstance(bundle, Model) else self._open(bundle)
        self.detector, self._live = detector, Live(detector)
        self._live_backbone = Live(self._model.backbone)
        self.emoticons = emoticons or Emoticons.load()
        self._smoother, self._smoothed = smoother or Smoother(), self._model
        self._naming = Naming()
        quality.load()

    @property
    def model(self) -> Model:
        """The model in use; another one, already loaded, may be put in its place between two frames."""
        return self._model

    @model.setter
    def model(self, model: Model) -> None:
        with self._lock:
            self._live_backbone = Live(model.backbone)
            self._model = model

    @property
    def bundle(self) -> Bundle:
        """The bundle in use."""
        return self._model.bundle

    def swap(self, bundle: Bundle) -> None:
        """Load another bundle and use it from the next frame on. If loading fails, the old one stays.

        :raises ConfigError: see :meth:`Model.open`.
        """
        with self._swapping:
            self.model = self._open(bundle)

    def configure_detector(self, settings: Any) -> None:
        """Give the detector new settings before its next frame; any thread may call it."""
        self._live.change(settings)

    def configure_backbone(self, plugin: str, settings: Any) -> None:
        """Give the backbone new settings, if the model in use has it; any thread may call it."""
        with self._lock:
            if self._model.bundle.backbone.plugin == plugin:
                self._live_backbone.change(settings)

    def _open(self, bundle: Bundle) -> Model:
        settings = self._backbone_settings(bundle.backbone.plugin)
        return Model.open(bundle, self._threads, self._mirror, settings)

    def reset(self) -> None:
        """Forget every face, for example before another video."""
        self.detector.reset()
        self._smoother.reset()
        self._naming.reset()

    def __repr__(self) -> str:
        return f"Recogniser({self._model!r}, {type(self.detector).__name__})"

    def process(self, frame: Frame) -> Result:
        """Read one frame. ``times.received`` is the frame's own, or now if it has none."""
        model = self._model
        times = StageTimes(received=frame.received or self._clock())
        self._live.arrive()
        self._live_backbone.arrive()
        faces = self.detector.follow(frame.image, frame.stamp)
        times.detected = self._clock()
        emotions: list[Emotion] = []
        if faces:
            crops = model.crops(frame.image, faces, self.detector.framing)
            if model is not self._smoothed:
                # What another model said, maybe of other labels, says nothing about this one's.
                self._smoother.reset()
                self._naming.reset()
                self._smoothed = model
            found = self._qualities(model, frame.image, faces, crops)
            values = [one.value for one in found]
            who = self._naming.who(model.people, faces, crops, frame.stamp, values)
            readings = self._smoother.read(faces, model.classify(crops, who), frame.stamp, values)
            emotions = [self._emotion(model, *parts) for parts in zip(faces, readings, found, who, strict=True)]
        times.classified = self._clock()
        return Result(frame, emotions, model.bundle.name, times)

    def _qualities(self, model: Model, image: ImageArray, faces: list[Face], crops: ImageArray) -> list[Quality]:
        spec, view, framing = model.bundle.input, quality.VIEW, self.detector.framing
        same = (spec.width, spec.height, spec.channels) == (view.width, view.height, view.channels)
        views = crops if same else np.stack([crop.cut(image, face.roi, framing, view, face.eyes) for face in faces])
        return quality.assess(views, faces, framing)

    def _emotion(self, model: Model, face: Face, reading: Reading, found: Quality, place: int) -> Emotion:
        labels = model.bundle.labels
        label = UNCERTAIN if reading.label is None else labels[reading.label]
        return Emotion(
            face=face,
            label=label,
            confidence=reading.confidence,
            labels=labels,
            probabilities=reading.probabilities,
            emoticon=self.emoticons.of(label),
            emoticons=self.emoticons.candidates(label),
            quality=found.value,
            hindrance=found.hindrance,
            subject="" if place == naming.NOBODY else model.people[place].subject,
        )
