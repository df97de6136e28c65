"""Pictures from elsewhere, such as a phone's gallery, as a take of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.types import Face, ImageArray
from fer_ros.core.recording import whole_take
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.session import Session
from fer_ros.core.recording.status import State
from fer_ros.core.recording.work import Incoming
from fer_ros.core.vision import pictures
from fer_ros.core.vision.images import encode_jpeg

#: Pictures of a call at most, and pixels of the longer side that is kept of one.
MOST, SIDE = 500, 1280
#: Nanoseconds between two pictures whose time is not told: those of a camera are so far apart.
STEP = 33_333_333

#: When it was taken, nanoseconds, 0 where that is not known; and a file of any kind that is read.
Picture = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of pictures.

    :ivar bag: the bag's folder; None where nothing was added.
    :ivar take: its number, 0 where nothing was added.
    :ivar samples: how many were added.
    :ivar without_face: the places, from 0, of those in which no face was found.
    :ivar refused: the places of those that could not be read, and why.
    """

    bag: Path | None
    take: int
    samples: int
    without_face: list[int]
    refused: dict[int, str]


def add(
    session: Session, finder: FaceFinder, label: str, subject: str, bag: str, found: Sequence[Picture], now: int
) -> Added:
    """Write pictures as a take, turned upright, with the face that is found in each.

    :param finder: that of the session.
    :param label: any that can be taught.
    :param bag: its name; empty: the open one, or a new one named after the time.
    :param now: of the clock, nanoseconds.
    :raises ConfigError: something is being recorded, there are too many, or label or subject are not allowed.
    :raises StorageError: the disk is full.
    """
    if session.state == State.RECORDING:
        raise ConfigError("a take is being recorded: end it first, then add pictures", "take_running")
    if not 0 < len(found) <= MOST:
        raise ConfigError(f"{len(found)} pictures are no number to add: give 1 to {MOST} at once")
    read: list[tuple[Incoming, Face | None]] = []
    without_face, refused = [], dict[int, str]()
    last = 0
    for place, (stamp, data) in enumerate(found):
        try:
            image = _read(data)
        except BadImage as error:
            refused[place] = error.short or str(error)
            continue
        face = finder.look(image)
        if face is None and not session.settings.record_without_face:
            without_face.append(place)
            continue
        last = stamp if stamp > last else last + STEP if last else now
        read.append((Incoming(last, "", encode_jpeg(image, session.settings.jpeg_quality)), face))
    if not read:
        return Added(None, 0, 0, without_face, refused)
    folder, done = whole_take.write(session, finder, label, subject, bag, read, any_label=True)
    return Added(folder, done.take, done.take_samples, without_face, refused)


def _read(data: bytes) -> ImageArray:
    """:raises BadImage: it is no picture that is read."""
    image = pictures.decode(np.frombuffer(data, np.uint8), pictures.MAX_FILE_PIXELS, "bgr", upright=True)
    height, width = image.shape[:2]
    shrink = SIDE / max(height, width)
    if shrink >= 1.0:
        return image
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
