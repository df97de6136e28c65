"""Emotions of pictures and videos, in a few lines of Python."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fer_ros.api.pictures import checked
from fer_ros.core.base import paths, registry, settings
from fer_ros.core.base.contracts import Detector, plugin_names
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Emotion, Frame, ImageArray, Result
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.recognition.smoothing import Smoother, SmoothingSettings, each_frame
from fer_ros.core.vision import choosing


class Reader:
    """Reads the emotions of faces::

        import cv2, fer_ros

        reader = fer_ros.Reader()
        for face in reader.read(cv2.imread("people.jpg")):
            print(face.label, face.scores)

    Several threads may use one reader; they take turns.

    :ivar bundle: the model in use.
    """

    def __init__(
        self,
        model: str | Path = paths.DEFAULT,
        detector: str = "auto",
        *,
        detector_settings: Mapping[str, Any] | None = None,
        smoothing: SmoothingSettings | None = None,
        threads: int = 1,
        mirror: bool = False,
    ) -> None:
        """Load the model, which takes a moment.

        :param model: its name, see ``fer models``, or the folder of one; ``"selected"`` is the one that
            ``fer models select`` chose.
        :param detector: what finds the faces: the name of a plugin, see ``fer plugins detectors``; ``"auto"``: the best
            one that works on this machine.
        :param detector_settings: setting → value, such as ``{"max_faces": 3}``; the others keep their defaults.
        :param smoothing: how :meth:`track` steadies labels; None takes the defaults. :meth:`read` never smooths, and
            takes only ``min_quality`` of it: with 0 no label is ``uncertain`` because the face is hard to read.
        :param threads: CPU threads of the network, 1 or more.
        :param mirror: read each face twice, also mirrored: a little better for twice the network's time.
        :raises ConfigError: the model or the detector is unknown or cannot be loaded, or a setting is wrong.
        """
        if threads < 1:
            raise ConfigError(f"threads must be 1 or more, got {threads}")
        self.bundle = Bundle.load(model)
        self._detector = detector = choosing.resolve(detector)
        plugin: type[Detector] = registry.load("detectors", detector)
        chosen = settings.make(plugin.Settings, detector_settings or {}, plugin_names.prefix("detectors", detector))
        loaded = Model.open(self.bundle, threads, mirror)
        # Each way of reading has a detector of its own, so that a single picture does not disturb a video's tracks.
        smoothing = smoothing or SmoothingSettings()
        single = Smoother(each_frame(smoothing.min_quality))
        self._single = Recogniser(loaded, plugin(chosen), smoother=single)
        self._video = Recogniser(loaded, plugin(chosen), smoother=Smoother(smoothing))
        self._lock = threading.Lock()
        self._last = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model knows, in the order of its outputs."""
        return self.bundle.labels

    def read(self, image: ImageArray) -> list[Emotion]:
        """The emotions of one picture, independent of earlier ones.

        :param image: uint8, (height, width, 3) in BGR order, as OpenCV reads it, or (height, width) grey.
        :returns: one for each face, the largest face first; empty if there is no face. Their ``track_id`` is 0.
        :raises BadImage: this is no such picture; the message says what to do.
        """
        picture = checked(image)
        with self._lock:
            self._single.detector.reset()
            found = self._single.process(Frame(picture, 1)).emotions
        return [dataclasses.replace(one, face=dataclasses.replace(one.face, track_id=0)) for one in found]

    def track(self, image: ImageArray, seconds: float | None = None) -> list[Emotion]:
        """The emotions of the next picture of a video: faces are followed, and their labels hold still.

        :param image: as for :meth:`read`.
        :param seconds: when the picture was taken, counted from anywhere; None: now. Give it for a file, such as
            ``frame_number / fps``, because smoothing depends on time.
        :returns: as :meth:`read`, with the ``track_id`` of each face. ``scores`` are those of this picture alone;
            ``label`` and ``confidence`` are smoothed over time.
        :raises BadImage: this is no picture.
        """
        picture = checked(image)
        stamp = time.monotonic_ns() if seconds is None else round(1e9 * seconds)
        with self._lock:
            if stamp < self._last:
                self._video.reset()
            self._last = stamp
            return self._video.process(Frame(picture, stamp)).emotions

    def reset(self) -> None:
        """Forget the video that :meth:`track` has followed; call it before another one."""
        with self._lock:
            self._video.reset()
            self._last = 0

    def annotate(self, image: ImageArray, faces: Iterable[Emotion] | None = None) -> ImageArray:
        """The picture with boxes, labels and scores drawn into a copy of it.

        :param image: as for :meth:`read`.
        :param faces: the result of :meth:`read` or :meth:`track` for this picture; None reads it first.
        :returns: uint8 (height, width, 3) BGR, of the same size.
        :raises BadImage: this is no picture.
        """
        from fer_ros.core.recognition import draw

        picture = checked(image)
        emotions = self.read(picture) if faces is None else list(faces)
        return draw.annotate(picture, Result(Frame(picture, 0), emotions, self.bundle.name))

    def __repr__(self) -> str:
        return f"Reader(model={self.bundle.name!r}, detector={self._detector!r})"
