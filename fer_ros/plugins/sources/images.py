"""Single pictures: one file, a folder of them, or a folder of folders that are named by the expression they show."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fer_ros.core.base.contracts import Clock, EndOfSource, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable, quoted, reason
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.capture.pacing import Pacer
from fer_ros.core.datasets.datasets import SUFFIXES, read_image

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImagesSettings:
    """What can be set for pictures."""

    path: str = setting("", "a picture, a folder of pictures, or a folder of folders named by label")
    fps: float = setting(10.0, "pictures per second; 0: as fast as they are asked for", low=0.0, high=1000.0)
    loop: bool = setting(False, "begin again at the end")


class ImagesSource(Source):
    """Pictures one after the other, in natural order (2 before 10), none left out but those that cannot be read.

    :ivar broken: pictures that could not be read so far.
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
        self.broken = 0

    def open(self) -> None:
        self._files = _listing(self._path)
        if not self._files:
            raise ConfigError(f"no pictures in {quoted(str(self._path))}: expected {', '.join(SUFFIXES)}")
        self._next = self.broken = 0
        self._pacer.restart()

    def read(self, timeout: float) -> Frame:
        if not self._files:
            raise SourceUnavailable(f"{quoted(str(self._path))} is not open")
        image, truth = self._picture()
        self._pacer.wait()
        return Frame(image, self.clock(), truth=truth)

    def close(self) -> None:
        self._files = []

    @property
    def description(self) -> str:
        return f"images {self._path}" + (f" ({len(self._files)})" if self._files else "")

    def _picture(self) -> tuple[ImageArray, str | None]:
        """The next picture that can be read; one that cannot is taken off the list."""
        while self._files:
            if self._next == len(self._files):
                if not self.settings.loop:
                    raise EndOfSource
                self._next = 0
            file, truth = self._files[self._next]
            image = read_image(file)
            if image is not None:
                self._next += 1
                return image, truth
            del self._files[self._next]
            self.broken += 1
            if self.broken == 1:
                log.warning("%s cannot be read and is skipped, and so are further ones like it", file)
        raise ConfigError(f"none of the {self.broken} pictures in {quoted(str(self._path))} can be read")


def _listing(path: Path) -> list[tuple[Path, str | None]]:
    """Files with what they show, where the folder says it."""
    try:
        if path.is_file():
            return [(path, None)]
        if not path.is_dir():
            raise ConfigError(f"no picture or folder at {quoted(str(path))}")
        found: list[tuple[Path, str | None]] = [(file, None) for file in _pictures(path)]
        for folder in sorted((p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")), key=_natural):
            found += [(file, folder.name) for file in _pictures(folder)]
        return found
    except OSError as error:
        raise ConfigError(f"{quoted(str(path))} cannot be listed: {reason(error)}") from error


def _pictures(folder: Path) -> list[Path]:
    files = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return sorted((p for p in files if p.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key: runs of digits by their value, the rest by its letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name)
    return [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts] + [(-1, 0, path.name)]
