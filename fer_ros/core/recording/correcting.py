"""Corrections: how the frames of a face that was read wrongly become a take of the right label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Face
from fer_ros.core.recording import whole_take
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.session import Session
from fer_ros.core.recording.status import State
from fer_ros.core.recording.work import Incoming

#: The bag that takes corrections where none is open.
BAG = "corrections"

Seen = tuple[Incoming, Face]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Samples that a correction has kept: the bag's folder, the take's number, how many."""

    bag: Path
    take: int
    samples: int


def keep(
    session: Session, finder: FaceFinder, label: str, subject: str, seen: Sequence[Seen], any_label: bool = False
) -> Corrected:
    """Write frames as a take of its own, into the open bag or into :data:`BAG`.

    :param finder: that of the session.
    :param any_label: the label need not be one of the settings.
    :raises ConfigError: something is being recorded, or label or subject are not allowed.
    :raises StorageError: the disk is full.
    """
    if session.state == State.RECORDING:
        raise ConfigError("a take is being recorded: end it first, then correct", "take_running")
    bag, done = whole_take.write(session, finder, label, subject, "" if session.open else BAG, seen, any_label)
    if not done.take_samples:
        raise FerError("no picture of the last second could be kept: try again", "nothing_kept")
    return Corrected(bag, done.take, done.take_samples)
