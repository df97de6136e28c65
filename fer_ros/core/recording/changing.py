"""What is done to takes that lie in a bag already, open or not: to the trash, back, and under another label."""

from __future__ import annotations

from collections.abc import Collection

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, Revision
from fer_ros.core.base.labels import LabelNames, new_label
from fer_ros.core.recording.session import Session
from fer_ros.core.trash.store import Entry


def discard(session: Session, bag: str, number: int) -> int:
    """Move one take of a bag to the trash, whether the bag is open or not.

    :raises ConfigError: there is no such bag or take, or another process records into it.
    :raises StorageError: the disk failed.
    """
    if (writer := _open(session, bag)) is not None:
        return session.taken_back(writer.discard(number))
    return bags.discard_take(session.parent, bag, number)


def revise(session: Session, bag: str, number: int, stamps: Collection[int], label: str) -> Revision:
    """Take samples out of a take: into the trash, or under another label into a take of their own.

    :param stamps: which, nanoseconds; empty: all.
    :param label: any that can be taught; empty: to the trash.
    :raises ConfigError: there is no such bag, take or sample, or another process records into it.
    :raises StorageError: the disk failed.
    """
    label = new_label(LabelNames(session.settings.label_names).of(label)) if label else ""
    if (writer := _open(session, bag)) is not None:
        revision = writer.revise(number, stamps, label)
        session.taken_back(0 if label else revision.samples)
        return revision
    return bags.revise_take(session.parent, bag, number, stamps, label)


def restore(session: Session, bag: str, number: int, name: str) -> Entry:
    """Bring samples back from the trash, or what was discarded last.

    :param name: that the trash has for them; empty: the newest of bag and take.
    :raises ConfigError: they are not there, their place is taken, or another process records into their bag.
    :raises StorageError: the disk failed.
    """
    writer = session.writer
    open_bag = writer.folder.name if writer is not None else ""
    entry = bags.newest(session.parent, bag or open_bag, number, name)
    if writer is not None and entry.bag == open_bag and not entry.whole:
        session.end_take()
        before = writer.samples
        writer.restore(entry)
        session.taken_back(before - writer.samples)
    else:
        bags.restore(session.parent, entry)
    return entry


def _open(session: Session, bag: str) -> BagWriter | None:
    """The writer of this bag, whose take has ended; None where it is not open."""
    writer = session.writer
    if writer is None or bag not in ("", writer.folder.name):
        return None
    session.end_take()
    return writer
