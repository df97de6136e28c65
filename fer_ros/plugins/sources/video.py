"""A video file, shown by its own clock or frame by frame."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Clock, EndOfSource, NotYet, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable, quoted
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.capture import pacing
from fer_ros.core.capture.film import Film

log = logging.getLogger(__name__)

#: Seconds of decoding after which a frame is shown although it is late: a film that decodes more slowly than it plays
#: is shown as fast as it can be, to its end.
PATIENCE = 0.1
#: Seconds that the film may lag behind until the log says so.
LAG = 1.0


@dataclass(frozen=True)
class VideoSettings:
    """What can be set for a video."""

    path: str = setting("", "the video file")
    realtime: bool = setting(True, "play by the film's own clock and skip what is late; false: every frame, unpaced")
    loop: bool = setting(False, "begin again at the end")


class VideoSource(Source):
    """The frames of a file, stamped when they are shown.

    In real time each is shown when it is due by the film's own clock, also where its rate varies. Where decoding is too
    slow for that, the newest one that could be decoded in time is shown, and the log says which rate was reached.
    """

    Settings: ClassVar[type[Any]] = VideoSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        self._path = Path(self.settings.path).expanduser()
        if not self.settings.path:
            raise ConfigError("no video given: set the source's path to a video file")
        self._film: Film | None = None
        self._playhead = pacing.Playhead()
        self._pending = False
        self._began = self._lag = 0.0
        self._decoded = self._shown = 0
        self._geometry = ""

    def open(self) -> None:
        if not self._path.is_file():
            raise ConfigError(f"no video at {quoted(str(self._path))}: give the path of a video file")
        self._rewind()
        assert self._film is not None
        self._geometry = f"{self._film.geometry}{'' if self.settings.realtime else ', every frame'}"
        self._began = self._lag = 0.0
        self._decoded = self._shown = 0

    def read(self, timeout: float) -> Frame:
        if self._film is None:
            raise SourceUnavailable(f"{self._path} is not open")
        began = pacing.now()
        self._began = self._began or began
        while True:
            if not self._pending and not self._next():
                self._tell()
                raise EndOfSource
            if self.settings.realtime and not self._due(self._film, began, timeout):
                continue
            self._pending = False
            image = self._film.picture()
            if image is not None:  # a damaged one is passed over
                return self._frame(image)

    def close(self) -> None:
        if self._film is not None:
            self._film.close()
            self._film = None

    @property
    def has_pauses(self) -> bool:
        return bool(self.settings.realtime)

    @property
    def description(self) -> str:
        return " ".join(part for part in ("video", str(self._path), self._geometry) if part)

    def _rewind(self) -> None:
        # Opened anew, since many formats cannot be wound back reliably. It stands at its first frame.
        self.close()
        self._film = Film(self._path)
        self._playhead.restart()
        self._pending = True

    def _next(self) -> bool:
        """Decode a further frame; False at the end."""
        assert self._film is not None
        if self._film.advance():
            self._decoded += 1
        elif self.settings.loop:
            self._rewind()
        else:
            return False
        self._pending = True
        return True

    def _due(self, film: Film, began: float, timeout: float) -> bool:
        """Wait for the current frame; False where it is so late that the next one is due.

        :raises NotYet: it is not due in this time.
        """
        late = self._playhead.late(film.time)
        if late < 0.0:
            left = timeout - (pacing.now() - began)
            if not self._playhead.wait(film.time, max(0.0, left)):
                raise NotYet(f"the next frame of {self._path} is due in {-late:.1f} s")
            return True
        if late < film.step or pacing.now() - began >= PATIENCE:
            if late > LAG > self._lag:
                log.warning("%s: decoding is slower than the film; it is shown as fast as it can be", self._path)
            self._lag = max(self._lag, late)
            return True
        self._pending = False
        return False

    def _frame(self, image: ImageArray) -> Frame:
        self._shown += 1
        return Frame(image, self.clock(), keep=not self.settings.realtime)

    def _tell(self) -> None:
        """Which rate was reached, where it is not the film's own."""
        assert self._film is not None
        decoded, seconds = self._decoded + 1, pacing.now() - self._began
        if self.settings.realtime and self._shown < decoded and seconds > 0.0:
            level = logging.WARNING if self._lag > LAG else logging.INFO
            speed = self._film.time / seconds
            log.log(
                level,
                "%s: %d of %d frames shown, %.1f a second, at %.2f of the film's speed; realtime=false shows them all",
                self._path,
                self._shown,
                decoded,
                self._shown / seconds,
                min(1.0, speed),
            )
