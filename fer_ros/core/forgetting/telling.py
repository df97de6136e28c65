"""Writes ``metadata.yaml`` of a bag anew, once a person is gone from its files."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from fer_ros.core.bags import facts as bag_facts
from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.mending import telling
from fer_ros.core.bags.metadata import Metadata
from fer_ros.core.bags.reader import Bag
from fer_ros.core.bags.summary import summary
from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import write_atomic
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.rewriting import told_anew


def tell(folder: Path, person: Person, files: Mapping[str, str], gone: Collection[str]) -> None:
    """Say what is in a bag now. A kill leaves the old ``metadata.yaml``, which still tells that there is work to do.

    :param files: old name → new name of its files.
    :param gone: names of those that were removed.
    :raises OSError: it cannot be written.
    """
    stated, _ = bag_facts.from_custom_data(metadata.read(folder).facts)
    # Without what metadata.yaml says: that is not to be merged into what the files say.
    bag = Bag(folder, part_files(folder), Metadata())
    try:
        found = summary(bag)
    except (ConfigError, LookupError):  # of other topics, damaged, or compressed
        _change(folder, person, files, gone)
        return
    kept = {key: person.struck(value) for key, value in stated.items() if key != bag_facts.SUBJECT}
    merged = bag_facts.merged((take.facts for take in found.takes), kept)
    custom = bag_facts.to_custom_data(merged, {take.part.name: take.facts for take in found.takes})
    telling.write(folder, found.storage, found.parts, custom, bag.scans)


def _change(folder: Path, person: Person, files: Mapping[str, str], gone: Collection[str]) -> None:
    """Take the name out of what ``metadata.yaml`` says, and leave the rest as it is."""
    file = folder / metadata.FILE
    if not file.exists():
        return
    content: Any = None
    with contextlib.suppress(ConfigError):
        content = yaml_files.read(file)
    if isinstance(content, dict):
        with contextlib.suppress(LookupError, TypeError):
            told = content["rosbag2_bagfile_information"]
            told["relative_file_paths"] = [name for name in told["relative_file_paths"] if name not in gone]
            told["files"] = [one for one in told["files"] if one["path"] not in gone]
        text = metadata.as_yaml(told_anew(content, lambda value: files.get(value) or person.struck(value)))
    else:
        text = person.struck(file.read_bytes().decode("utf-8", "replace"))
    write_atomic(file, text.encode("utf-8"), mode=0o600)
