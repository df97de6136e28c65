"""What each kind of plugin must do. A plugin is a subclass of one of these, named by an entry point of its group."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.head_training import Task, TrainedHead
from fer_ros.core.base.settings import NoSettings
from fer_ros.core.base.types import Face, FloatArray, Frame, ImageArray, Result

Clock = Callable[[], int]


class EndOfSource(Exception):
    """A source that has an end, such as a video file, has reached it."""


class Source(ABC):
    """Where frames come from (group ``fer_ros.sources``).

    The life of a source: constructed with its settings, ``open``, ``read`` again and again, ``close``; it may be opened
    again after ``close``. One thread calls all methods except ``update``, which any thread may call.

    :cvar Settings: frozen dataclass made with ``fer_ros.core.base.settings.setting``.
    :cvar pauses: seconds between attempts to open it when it failed: the first pause, doubled each time up to the last.
    """

    Settings: ClassVar[type[Any]] = NoSettings
    pauses: ClassVar[tuple[float, float]] = (0.5, 10.0)

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        """Keep the settings; acquire nothing yet. ``clock`` gives the stamps, in nanoseconds."""
        self.settings = self.Settings() if settings is None else settings
        self.clock = clock

    @abstractmethod
    def open(self) -> None:
        """Acquire the device or file.

        :raises SourceUnavailable: it is absent or busy just now; the caller tries again later.
        :raises ConfigError: it can never work, such as a path that does not exist.
        """

    @abstractmethod
    def read(self, timeout: float) -> Frame:
        """Wait for the next frame and return it, stamped when it was taken. Old frames are skipped, never queued.

        :param timeout: seconds to wait at most.
        :raises SourceUnavailable: no frame came in time, or the device is gone; the caller closes and opens again.
        :raises EndOfSource: there will be no further frame.
        """

    @abstractmethod
    def close(self) -> None:
        """Free everything; harmless when not open."""

    def update(self, settings: Any) -> None:
        """Take changed live settings."""
        self.settings = settings

    @property
    def description(self) -> str:
        """What is being read, for logs and status, such as ``camera /dev/video0 640x480``."""
        return type(self).__name__


class Detector(ABC):
    """Finds the faces of a frame and follows them (group ``fer_ros.detectors``).

    :cvar framing: how to get from this detector's box to the face crop that the models were trained on.
    """

    Settings: ClassVar[type[Any]] = NoSettings
    framing: ClassVar[Framing] = Framing()

    def __init__(self, settings: Any = None) -> None:
        """Keep the settings and load what is needed.

        :raises ConfigError: a file that it needs is missing or damaged.
        """
        self.settings = self.Settings() if settings is None else settings

    @abstractmethod
    def detect(self, image: ImageArray) -> list[Face]:
        """The faces of the next frame, largest first, boxes inside the image; empty where there is none.

        :param image: uint8, (height, width, 3) BGR or (height, width) grey, of any size from 1×1 up.
        """

    def reset(self) -> None:  # noqa: B027 - a detector without memory has nothing to forget
        """Forget all tracks, such as after another camera was chosen."""


class Backbone(ABC):
    """Turns face crops into embeddings (group ``fer_ros.backbones``).

    :cvar presets: preset name → keyword arguments of ``build``.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {}

    @abstractmethod
    def __init__(self, file: Path, spec: InputSpec, threads: int = 1) -> None:
        """Load an exported backbone.

        :param file: the exported network, such as ``backbone.tflite``.
        :param spec: the input that the bundle states.
        :param threads: CPU threads at most.
        :raises ConfigError: the file is damaged or its input differs from ``spec``.
        """

    @property
    @abstractmethod
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one embedding, such as (6, 6, 256)."""

    @abstractmethod
    def embed(self, crops: FloatArray) -> FloatArray:
        """Embeddings of scaled crops.

        :param crops: float32 (n, height, width, channels), scaled as ``spec`` says, n ≥ 1.
        :returns: float32 (n, *output_shape).
        """

    @classmethod
    def build(cls, spec: InputSpec, **arguments: Any) -> Any:
        """The untrained network as a ``keras.Model`` from scaled crops to embeddings; imports Keras only here.

        :raises ConfigError: this backbone cannot be trained here.
        """
        raise NotImplementedError


class Head(ABC):
    """Turns embeddings into probabilities (group ``fer_ros.heads``). Runs without TensorFlow.

    :cvar defaults: name of a training option → what it is for this head where the user leaves it at 0.
    :cvar trains_on: labels whose faces the training uses; empty: all, at least two labels.
    """

    defaults: ClassVar[dict[str, Any]] = {}
    trains_on: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def __init__(self, file: Path, labels: tuple[str, ...], embedding_shape: tuple[int, ...]) -> None:
        """Load a trained head.

        :param file: arrays without pickles, such as ``head.npz``.
        :raises ConfigError: the file is damaged or fits neither the labels nor the embedding.
        """

    @abstractmethod
    def predict(self, embeddings: FloatArray) -> FloatArray:
        """Probabilities of embeddings.

        :param embeddings: float32 (n, *embedding_shape).
        :returns: float32 (n, number of labels), each row non-negative with sum 1.
        """

    def shifted(self, offset: FloatArray) -> bytes:
        """The head's file with something added to the logits, the logarithms of the unscaled probabilities.

        :param offset: float32 (number of labels,).
        """
        raise ConfigError(f"a head of type {type(self).__name__} cannot be calibrated: choose another base model")

    @classmethod
    def train(cls, task: Task) -> TrainedHead:
        """Learn from faces; whatever only training needs is imported here.

        :raises ConfigError: it cannot learn from these faces, or not with these options.
        """
        raise ConfigError(f"a head of type {cls.__name__} cannot be trained here: choose another, see `fer plugins`")

    @classmethod
    def refit(cls, task: Task, trained: TrainedHead) -> TrainedHead | None:
        """The head after it has also learned the faces that were held out to measure it; None: it stays as it is.

        :param task: like that of :meth:`train`, with every face in ``training`` and none in ``validation``.
        :param trained: what :meth:`train` gave.
        """
        return None


class Filter(ABC):
    """Smooths the probabilities of one face over time (group ``fer_ros.filters``).

    One object follows one face: it is made when the face is first seen and dropped with its track, so that a filter
    has nothing to forget by itself. Its settings are replaced while it runs, so all of them are live.
    """

    Settings: ClassVar[type[Any]] = NoSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @abstractmethod
    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        """Take what the head says of a frame.

        :param probabilities: float32 (labels,), finite, non-negative, sum 1 within 0.001.
        :param elapsed: seconds from the last frame of this face to this one, above 0; for the first frame 0. It comes
            from the stamps of the frames, so a filter that goes by it does the same at any frame rate.
        :returns: float32 (labels,), the smoothed probabilities, under the same conditions.
        """


class Sink(ABC):
    """Takes results (group ``fer_ros.sinks``). A sink that is slow or fails must not hold up the frames."""

    Settings: ClassVar[type[Any]] = NoSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    def open(self) -> None:  # noqa: B027 - optional
        """Acquire what is needed, before the first result."""

    @abstractmethod
    def write(self, result: Result) -> None:
        """Take the result of one frame, including those without a face."""

    def close(self) -> None:  # noqa: B027 - optional
        """Flush and free; called once, also after Ctrl-C."""
