"""``metadata.yaml`` of a bag, as rosbag2 of Jazzy writes it (version 9)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from fer_ros.core.bags.facts import schema_of, sealed, unsealed
from fer_ros.core.bags.messages import IMAGE_TOPIC, TOPICS, definition
from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import write_atomic

log = logging.getLogger(__name__)

FILE = "metadata.yaml"
VERSION = 9
#: The distribution whose message definitions and metadata are written.
DISTRO = "jazzy"
#: ``RMW_DURATION_INFINITE``: no deadline, lifespan or lease.
_FOREVER = (9223372036, 854775807)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bag.

    :ivar samples: labelled frames in it, each of two messages.
    :ivar start: the first stamp, nanoseconds; 0 without samples.
    :ivar end: the last stamp, nanoseconds.
    """

    name: str
    samples: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of ``metadata.yaml`` that is used; the rest comes from the files themselves.

    :ivar parts: file names in their order.
    :ivar facts: the ``custom_data``.
    :ivar compression: such as ``zstd``; empty for none.
    """

    storage: str = ""
    parts: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    compression: str = ""


def qos_profiles(topic: str) -> list[dict[str, Any]]:
    """The quality of service that a player offers: sensor data for the images, reliable for the labels."""
    image = topic == IMAGE_TOPIC

    def forever() -> dict[str, int]:
        return {"sec": _FOREVER[0], "nsec": _FOREVER[1]}

    return [
        {
            "history": "keep_last",
            "depth": 1 if image else 10,
            "reliability": "best_effort" if image else "reliable",
            "durability": "volatile",
            "deadline": forever(),
            "lifespan": forever(),
            "liveliness": "automatic",
            "liveliness_lease_duration": forever(),
            "avoid_ros_namespace_conventions": False,
        }
    ]


def information(storage: str, parts: Iterable[Part], facts: Mapping[str, str]) -> dict[str, Any]:
    """The content of ``rosbag2_bagfile_information``."""
    files = list(parts)
    full = [part for part in files if part.samples]
    start = min((part.start for part in full), default=0)
    duration = max((part.end for part in full), default=0) - start
    samples = sum(part.samples for part in files)
    return {
        "version": VERSION,
        "storage_identifier": storage,
        "duration": {"nanoseconds": duration},
        "starting_time": {"nanoseconds_since_epoch": start},
        "message_count": samples * len(TOPICS),
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": topic,
                    "type": kind,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": qos_profiles(topic),
                    "type_description_hash": definition(kind, schema_of(facts))[1],
                },
                "message_count": samples,
            }
            for topic, kind in TOPICS.items()
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [part.name for part in files],
        "files": [
            {
                "path": part.name,
                "starting_time": {"nanoseconds_since_epoch": part.start},
                "duration": {"nanoseconds": part.end - part.start},
                "message_count": part.samples * len(TOPICS),
            }
            for part in files
        ],
        "custom_data": sealed(facts),
        "ros_distro": DISTRO,
    }


def count(told: dict[str, Any], counts: Mapping[str, int]) -> None:
    """Correct the numbers of messages in what rosbag2 says of a file.

    :param counts: topic → messages; a topic that is not in it has none.
    """
    told["message_count"] = sum(counts.values())
    for topic in told.get("topics_with_message_count") or ():
        with contextlib.suppress(KeyError, TypeError):
            topic["message_count"] = counts.get(topic["topic_metadata"]["name"], 0)


def as_yaml(content: Any) -> str:
    """YAML text in the order of the content."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def write(folder: Path, storage: str, parts: Iterable[Part], facts: Mapping[str, str]) -> None:
    """Replace ``metadata.yaml``; a crash leaves the old or the new one.

    :raises OSError: the disk is full.
    """
    text = as_yaml({"rosbag2_bagfile_information": information(storage, parts, facts)})
    write_atomic(folder / FILE, text.encode("utf-8"), mode=0o600)


def read(folder: Path) -> Metadata:
    """The content of ``metadata.yaml``; empty if it is missing or damaged, because the files say the same."""
    if not (folder / FILE).is_file():
        return Metadata()
    try:
        content = yaml_files.read(folder / FILE)["rosbag2_bagfile_information"]
        return Metadata(
            storage=str(content["storage_identifier"]),
            parts=tuple(PurePosixPath(str(name)).name for name in content["relative_file_paths"]),
            facts=unsealed(content.get("custom_data"))[0],
            compression=_compression(content),
        )
    except (ConfigError, KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("%s is damaged and left aside (%s): the files of the bag say the same", folder / FILE, error)
        return Metadata()


def _compression(content: dict[str, Any]) -> str:
    """The compression of the files or messages; rosbag2 states a format even if it used none."""
    mode = str(content.get("compression_mode") or "")
    return "" if mode.upper() in ("", "NONE") else str(content.get("compression_format") or mode.lower())
