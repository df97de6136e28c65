"""Deleting a take of a bag that nobody has open."""

from __future__ import annotations

from pathlib import Path

from fer_ros.core.bags.locate import listing
from fer_ros.core.bags.writer import BagWriter
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.paths import check_name


def discard_take(parent: Path, bag: str, number: int) -> int:
    """Delete a take for good; a bag that has no other is removed with it.

    :param parent: the folder of the bags.
    :param bag: the name of one.
    :returns: the samples that were in it.
    :raises ConfigError: there is no such bag or take, or somebody records into the bag.
    :raises StorageError: the disk failed.
    """
    if not bag:
        raise ConfigError("no bag is open: name the bag that the take lies in")
    folder = parent / check_name("bag", bag)
    if not folder.is_dir():
        raise unknown_name("bag", bag, [known.name for known in listing(parent)])
    with BagWriter(folder, {}) as writer:
        return writer.discard(number)
