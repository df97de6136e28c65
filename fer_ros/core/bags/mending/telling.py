"""Updates ``metadata.yaml`` of a mended bag: files and counts change, the rest stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer_ros.core.bags import metadata
from fer_ros.core.bags.metadata import Part
from fer_ros.core.bags.part import Scan
from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import write_atomic

_ROOT = "rosbag2_bagfile_information"


def write(folder: Path, storage: str, parts: Sequence[Part], facts: Mapping[str, str], scans: Sequence[Scan]) -> None:
    """Replace ``metadata.yaml``, with every topic of the files.

    :raises OSError: the disk is full.
    """
    new = metadata.information(storage, parts, facts)
    kinds = {topic: kind for scan in scans for topic, kind in scan.topics.items()}
    counts: Counter[str] = Counter()
    for scan in scans:
        counts.update(scan.counts)
    qos = {topic: text for scan in scans for topic, text in scan.qos.items()}
    topics = {**_topics(new), **_topics(_old(folder))}
    new["topics_with_message_count"] = [
        {
            # Readers compare the two places and take topics that differ for others.
            "topic_metadata": {**_unknown(topic), **topics.get(topic, {}), "type": kind, **_offered(qos[topic])},
            "message_count": counts[topic],
        }
        for topic, kind in kinds.items()
    ]
    new["message_count"] = sum(counts.values())
    by_name = {scan.path.name: scan for scan in scans}
    for file in new["files"]:
        scan = by_name[file["path"]]
        file["message_count"] = sum(scan.counts.values())
        _tell_times(file, scan.start, scan.end)
    full = [scan for scan in scans if scan.counts]
    _tell_times(new, min(scan.start for scan in full), max(scan.end for scan in full))
    write_atomic(folder / metadata.FILE, metadata.as_yaml({_ROOT: new}).encode("utf-8"), mode=0o600)


def _tell_times(entry: dict[str, Any], start: int, end: int) -> None:
    entry["starting_time"] = {"nanoseconds_since_epoch": start}
    entry["duration"] = {"nanoseconds": end - start}


def _old(folder: Path) -> Any:
    try:
        return yaml_files.read(folder / metadata.FILE)[_ROOT]
    except (ConfigError, KeyError, TypeError):
        return {}


def _topics(content: Any) -> dict[str, dict[str, Any]]:
    """The ``topic_metadata`` of each topic, as far as it exists."""
    try:
        entries = [entry["topic_metadata"] for entry in content["topics_with_message_count"]]
        return {str(entry["name"]): dict(entry) for entry in entries if entry["type"]}
    except (KeyError, TypeError, ValueError):
        return {}


def _unknown(topic: str) -> dict[str, Any]:
    return {"name": topic, "type": "", "serialization_format": "cdr", "type_description_hash": ""}


def _offered(text: str) -> dict[str, Any]:
    try:
        profiles = yaml_files.parse(text.encode("utf-8"))
    except ConfigError:
        profiles = None
    return {"offered_qos_profiles": profiles if isinstance(profiles, list) else []}
