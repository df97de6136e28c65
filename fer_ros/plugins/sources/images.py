"""Single pictures: one file, a folder of them, or a folder of folders that are named by the expression they show."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Clock, EndOfSource, Source
from fer_ros.core.base.errors import BadImage, ConfigError, SourceUnavailable, quoted, reason
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.capture.pacing import Pacer
from fer_ros.core.datasets import folder
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.vision import depth, pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImagesSettings:
    """What can be set for pictures."""

    path: str = setting("", "a picture, a folder of pictures, or a folder of folders named by label")
    fps: float = setting(10.0, "pictures per second; 0: as fast as they are asked for", low=0.0, high=1000.0)
    loop: bool = setting(False, "begin again at the end")
    bits: str = setting("", "bits that 16-bit pictures use, such as 10; auto: stretch each picture; empty: 16")


class ImagesSource(Source):
    """Pictures one after the other, in natural order (2 before 10), none left out but those that cannot be read.

    :ivar broken: pictures that could not be read so far.
    :ivar left_out: these and all other files that were left out, by reason.
    """

    Settings: ClassVar[type[Any]] = ImagesSettings

    def __init__(self, settings: Any = None, clock: Clock = time.time_ns) -> None:
        super().__init__(settings, clock)
        if not self.settings.path:
            raise ConfigError("no pictures given: set the source's path to a picture or a folder")
        self._path = Path(self.settings.path).expanduser()
        self._pacer = Pacer(self.settings.fps, skip=False)
        self._files: list[tuple[Path, str | None]] = []
        self._next = 0
        self.broken = self._shown = 0
        self._told = False
        self.left_out = LeftOut()
        self._depth = depth.parse(self.settings.bits)

    def open(self) -> None:
        self.left_out = LeftOut()
        self._files = _listing(self._path, self.left_out)
        if not self._files:
            found = f" ({self.left_out})" if self.left_out.counts else ""
            raise ConfigError(f"no pictures in {quoted(str(self._path))}{found}")
        self._next = self.broken = self._shown = 0
        self._told = False
        self._pacer.restart()

    def read(self, timeout: float) -> Frame:
        if not self._files:
            raise SourceUnavailable(f"{quoted(str(self._path))} is not open")
        image, truth = self._picture()
        self._pacer.wait()
        return Frame(image, self.clock(), truth=truth, keep=True)

    def close(self) -> None:
        self._files = []

    @property
    def description(self) -> str:
        return f"images {self._path}" + (f" ({len(self._files)})" if self._files else "")

    def _picture(self) -> tuple[ImageArray, str | None]:
        """The next picture that can be read; one that cannot is taken off the list."""
        while self._files:
            if self._next == len(self._files):
                self._tell()
                if not self.settings.loop:
                    raise EndOfSource
                self._next = 0
            file, truth = self._files[self._next]
            try:
                image = pictures.read_file(file, self._depth, functools.partial(self.left_out.note, str(file)))
            except BadImage as error:
                del self._files[self._next]
                self.broken += 1
                self.left_out.unreadable(str(file), error)
                continue
            self._next += 1
            self._shown += not self._told
            return image, truth
        lines = self.left_out.lines()
        raise ConfigError(
            f"none of the {self.broken} pictures in {quoted(str(self._path))} can be read: {'; '.join(lines)}"
        )

    def _tell(self) -> None:
        """What was read and what was not, once."""
        if not self._told:
            self._told = True
            left_out = "".join(f"; left out: {line}" for line in self.left_out.lines())
            log.log(logging.WARNING if self.broken else logging.INFO, "%d pictures read%s", self._shown, left_out)


def _listing(path: Path, left_out: LeftOut) -> list[tuple[Path, str | None]]:
    """Files with what they show, where the folder says it."""
    try:
        if path.is_file():
            return [(path, None)]
        if not path.is_dir():
            raise ConfigError(f"no picture or folder at {quoted(str(path))}")
        own = folder.loose(path, left_out)
        deeper = folder.below(path, left_out)
        return [(file, label or None) for file, label in own + deeper]
    except OSError as error:
        raise ConfigError(f"{quoted(str(path))} cannot be listed: {reason(error)}") from error
