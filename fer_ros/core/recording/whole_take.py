"""A take of frames that are there already, written at one go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fer_ros.core.base.types import Face
from fer_ros.core.recording.faces import FaceFinder
from fer_ros.core.recording.session import Session
from fer_ros.core.recording.status import State, Status
from fer_ros.core.recording.work import Incoming


def write(
    session: Session,
    finder: FaceFinder,
    label: str,
    subject: str,
    bag: str,
    seen: Sequence[tuple[Incoming, Face | None]],
    any_label: bool,
) -> tuple[Path, Status]:
    """Write frames, each with its face, as a take of its own; a bag that is opened for it is closed again.

    :param finder: that of the session.
    :param bag: its name; empty: the open one, or a new one named after the time.
    :param any_label: the label need not be one of the settings.
    :returns: the bag's folder, and how the take ended.
    :raises ConfigError: label, subject or the bag's name are not allowed.
    :raises StorageError: the disk is full.
    """
    was_open = session.open
    folder = session.start(label, subject, 0.0, 0, bag, any_label)
    try:
        for frame, face in seen:
            finder.tell(frame.stamp, face)
            session.count(received=1)
            session.record(frame)
        failed = session.status()
        if failed.state == State.FAILED:
            raise failed.error()
        return folder, session.pause()
    finally:
        if not was_open and session.open:
            session.stop()
