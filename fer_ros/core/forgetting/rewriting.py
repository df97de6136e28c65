"""Writes a file of a bag without a person. Every message that is not theirs stays, whatever its topic."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags.mending import mcap_salvage, sqlite_without
from fer_ros.core.bags.mending.changes import Changes
from fer_ros.core.bags.mending.folding import fold
from fer_ros.core.bags.messages import LABEL_TOPIC, decode_image, decode_label
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.sqlite_file import SUFFIX as SQLITE
from fer_ros.core.bags.storages import unlink
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import sync_folder
from fer_ros.core.base.paths import fer_home
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.reading import SCRATCH, Found


def rewrite(found: Found, person: Person, files: Mapping[str, str]) -> None:
    """Let a file without the person replace it, in one step.

    An image without a label may be theirs, so it goes, too, if the file holds samples of theirs.

    :param files: old name → new name of the bag's files, which rosbag2 keeps in each of them.
    :raises OSError: the disk is full; the file is as it was.
    """
    path = found.path
    new = path.with_name(f"{SCRATCH}{path.name}")
    unlink(new)
    if not found.damaged:
        fold(path)  # a kill would leave an old log beside the new file
    try:
        with found.readable() as whole, tempfile.TemporaryDirectory(prefix=SCRATCH, dir=fer_home()) as scratch:
            changes = Changes(_keeps(found, whole, person), _tells(person, files), _facts(found, person))
            if found.storage.suffix == SQLITE:
                sqlite_without.copy(whole, new, changes, Path(scratch))
            else:
                mcap_salvage.salvage(whole, new, mcap_salvage.survey(whole), {}, changes)
                with new.open("rb") as written:
                    os.fsync(written.fileno())
        os.chmod(new, 0o600)
    except BaseException:
        unlink(new)
        raise
    os.replace(new, path)
    for companion in path.parent.glob(f"{path.name}-*"):
        companion.unlink(missing_ok=True)
    sync_folder(path.parent)


def told_anew(value: Any, text: Callable[[str], str]) -> Any:
    """Plain values with every text changed. Facts keep their checksum and the form in which they tell of each file."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [told_anew(one, text) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        told_anew(key, text): _facts_anew(one, text)
        if key == "custom_data" and isinstance(one, dict)
        else told_anew(one, text)
        for key, one in value.items()
    }


def _facts_anew(data: dict[str, Any], text: Callable[[str], str]) -> dict[str, str]:
    try:
        facts, had_checksum = bag_facts.unsealed(data)
    except ValueError:
        return {}
    bag, files = bag_facts.from_custom_data(facts)
    new = bag_facts.to_custom_data(
        {key: text(value) for key, value in bag.items()},
        {text(name): {key: text(value) for key, value in told.items()} for name, told in files.items()},
    )
    return bag_facts.sealed(new) if had_checksum else new


def _keeps(found: Found, whole: Path, person: Person) -> Callable[[str, bytes], bool]:
    others: set[int] = set()
    for topic, data in found.storage.scan(Scan(whole)):
        if topic == LABEL_TOPIC:
            stamp, _, subject, *_ = decode_label(data)
            if not person.is_subject(subject):
                others.add(stamp)

    def keep(topic: str, data: bytes) -> bool:
        try:
            if topic == LABEL_TOPIC:
                return not person.is_subject(decode_label(data)[2])
            return not found.own or decode_image(data)[0] in others
        except ConfigError:
            return not found.own

    return keep


def _tells(person: Person, files: Mapping[str, str]) -> Callable[[Any], Any]:
    return lambda value: told_anew(value, lambda text: files.get(text) or person.struck(text))


def _facts(found: Found, person: Person) -> dict[str, str] | None:
    """The facts of the file without the person; their subject is the first of the others."""
    if not found.facts:
        return None
    facts = {key: person.struck(value) for key, value in found.facts.items()}
    if found.own or found.told:
        facts[bag_facts.SUBJECT] = found.first
    return bag_facts.told(facts)
