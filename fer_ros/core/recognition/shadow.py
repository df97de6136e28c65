"""A shadow run: a second model reads the same frames in a thread of its own, and what it reads otherwise is counted.

It changes nothing and holds nothing up: it takes the newest frame that was read, and misses those that it is too slow
for. Whatever goes wrong with it ends the shadow run alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Emotion, Face, ImageArray, Result
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.capture.mailbox import Mailbox
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.recognition.seen import Borrowed, Seen
from fer_ros.core.recognition.smoothing import Smoother

#: Seconds between two reports where nothing is read otherwise.
PERIOD = 1.0
#: Pairs of labels that are told apart; models of many labels of their own could have more.
MAX_PAIRS = 1_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a shadow run tells.

    :ivar result: of the model in use, for the last frame that both have read; None before the first one.
    :ivar shadow: name of the other model.
    :ivar otherwise: what the shadow says of the faces of this frame that it reads otherwise, with what was said.
    :ivar pairs: (label of the model in use, label of the shadow) → faces, since the two were first compared.
    :ivar missed: frames that the shadow was too slow for.
    :ivar seconds: that the last frame took the shadow.
    :ivar shared: whether both have the same backbone, which runs once for both.
    :ivar error: why the shadow run has ended; empty while it runs.
    """

    result: Result | None
    shadow: str
    otherwise: list[tuple[str, Emotion]]
    pairs: Counter[tuple[str, str]]
    missed: int
    seconds: float
    shared: bool
    error: str = ""


class Shadow:
    """One shadow run, from :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        bundle: Bundle,
        main: Recogniser,
        tell: Callable[[Comparison], None],
        smoother: Smoother | None = None,
        threads: int = 1,
        mirror: bool = False,
        backbone_settings: Callable[[str], Any] = lambda plugin: None,
    ) -> None:
        """Name the models; nothing is loaded yet.

        :param main: the recogniser whose frames are read; its model may be swapped meanwhile.
        :param tell: called in the shadow's thread: for each frame that is read otherwise, at least every
            :data:`PERIOD` seconds while faces are read, and when it ends by an error.
        :param smoother: chooses the labels; it must not be the recogniser's own, since it remembers faces.
        :param threads: most CPU threads of the network; ``mirror`` and ``backbone_settings`` likewise as of
            :class:`Recogniser`.
        """
        self._bundle, self._main, self._tell = bundle, main, tell
        self._make = lambda: Recogniser(
            bundle, _Given(), threads, smoother=smoother, mirror=mirror, backbone_settings=backbone_settings
        )
        self._mailbox: Mailbox[Result] = Mailbox()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._told, self._compared = 0.0, ""
        self._other: Recogniser | None = None
        self._linked: Model | None = None
        self._shared = False
        self.last = Comparison(None, bundle.name, [], Counter(), 0, 0.0, False)

    def start(self) -> None:
        """Load the model and begin, in the thread."""
        self._thread.start()

    def put(self, result: Result) -> None:
        """Hand over what was read from a frame; never blocks."""
        if result.emotions:
            self._mailbox.put(result)

    def stop(self, timeout: float = 1.0) -> None:
        """End.

        :param timeout: longest wait for the frame that is being read, seconds.
        """
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            other = self._other = self._make()
            while (result := self._mailbox.get()) is not None:
                self._read(other, result)
        except Exception as error:
            # A model or a plugin may raise anything; it costs the shadow run, and inference nothing.
            text = reason(error) if isinstance(error, FerError) else f"{type(error).__name__}: {reason(error)}"
            self._mailbox.close()
            self.last = dataclasses.replace(self.last, otherwise=[], error=text)
            with contextlib.suppress(Exception):  # nobody may be left to be told
                self._tell(self.last)
        finally:
            self._link(None)

    def _read(self, other: Recogniser, result: Result) -> None:
        began = time.monotonic()
        self._link(other)
        detector = other.detector
        assert isinstance(detector, _Given)
        detector.give([emotion.face for emotion in result.emotions], self._main.detector.framing)
        found = other.process(result.frame)
        if result.model != self._compared:  # another model is in use: its answers are counted anew
            self._pairs, self._compared = Counter(), result.model
        both = list(zip(result.emotions, found.emotions, strict=True))
        for old, new in both:
            pair = (old.label, new.label)
            if pair in self._pairs or len(self._pairs) < MAX_PAIRS:
                self._pairs[pair] += 1
        otherwise = [(old.label, new) for old, new in both if old.label != new.label]
        now = time.monotonic()
        self.last = Comparison(
            result,
            self._bundle.name,
            otherwise,
            Counter(self._pairs),
            self._mailbox.dropped,
            now - began,
            self._shared,
        )
        if otherwise or now - self._told >= PERIOD:
            self._told = now
            self._tell(self.last)

    def _link(self, other: Recogniser | None) -> None:
        """Take the answers of the main model's backbone where it is the shadow's, too."""
        main = None if other is None else self._main.model
        if main is self._linked:
            return
        if self._linked is not None:
            self._linked.seen.forget()
        self._linked, self._shared = main, False
        if main is not None and other is not None and same_backbone(main, other.model):
            self._shared = True
            other.model = dataclasses.replace(other.model, seen=Borrowed(main.seen))
        elif other is not None:
            other.model = dataclasses.replace(other.model, seen=Seen())


def same_backbone(first: Model, second: Model) -> bool:
    """Whether two models have the same backbone, by its SHA-256, and give it the same input."""

    def key(model: Model) -> tuple[Any, ...]:
        bundle = model.bundle
        return bundle.backbone.plugin, bundle.checksums[bundle.backbone.file], bundle.input

    return key(first) == key(second)


class _Given(Detector):
    """Gives the faces that another detector has found."""

    def __init__(self) -> None:
        super().__init__()
        self._faces: list[Face] = []

    def give(self, faces: list[Face], framing: Framing) -> None:
        """The faces of the next frame, and how to cut them, which is the finder's to say and not the class's."""
        self._faces = faces
        vars(self)["framing"] = framing

    def detect(self, image: ImageArray) -> list[Face]:
        return self._faces
