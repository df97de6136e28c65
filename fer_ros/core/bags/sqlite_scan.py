"""Reads the SQLite3 files of a bag, and our checksums in them, because SQLite has none.

The number (``id``) of a message holds its place in the upper and its CRC-32 in the lower 32 bits. So every message can
be verified, and other tools see a number that grows, as always.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from fer_ros.core.bags.facts import unsealed
from fer_ros.core.bags.messages import TOPICS, check_schema, has_changed
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.sqlite_open import has_log, opened
from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError, reason

_ROW = struct.Struct("<qqq")
_CHECKSUM_BITS = 32


def numbered(place: int, topic: int, stamp: int, data: bytes) -> int:
    """The number of a message: its place in the file, from 1 up, and the CRC-32 of it and all that its row holds."""
    return place << _CHECKSUM_BITS | zlib.crc32(data, zlib.crc32(_ROW.pack(place, topic, stamp)))


def place_of(number: int) -> int:
    """The place of a message in its file; 0 or less if its number holds no checksum."""
    return number >> _CHECKSUM_BITS


def scan(state: Scan) -> Iterator[tuple[str, bytes]]:
    """The messages of our topics in a file, as topic and CDR, in the order they were written.

    If the file is being written or was cut off, its log is read too.

    :raises ConfigError: damaged, or a type has other fields than ours.
    """
    state.cut = has_log(state.path)
    try:
        with opened(state.path) as base:
            tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                state.cut = True  # before its tables were made
                return
            topics, ours = _topics(base, state, tables)
            told = _told(base, state) if "metadata" in tables else {}
            place = 0
            for number, topic, stamp, data in base.execute(
                "SELECT id, topic_id, timestamp, data FROM messages ORDER BY id"
            ):
                if topic not in topics:
                    raise state.damaged(f"message {number} is of an unknown topic")
                state.count(topics[topic], int(stamp))
                if topic not in ours:
                    continue
                if not isinstance(data, bytes):
                    raise state.damaged("a message is no blob")
                place += 1
                if state.checked and place < place_of(number):
                    raise state.damaged("messages are missing")
                # A checksum in a file without: the facts, which tell that there are any, have changed.
                right = number == numbered(place, topic, stamp, data) if state.checked else place_of(number) <= 0
                if not right:
                    raise state.damaged(f"message {place} has changed")
                yield topics[topic], data
            if state.checked:
                _compare(state, int(told["message_count"]))
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, KeyError, TypeError, ValueError) as error:
        raise state.damaged(reason(error)) from error


def _compare(state: Scan, stated: int) -> None:
    found = sum(state.counts.values())
    if found < stated:
        raise state.damaged("messages are missing")
    # The count is written when a file is finished.
    state.cut |= found > stated


def _told(base: sqlite3.Connection, state: Scan) -> dict[str, Any]:
    """Read the file's own metadata, and take over its facts."""
    told: Any = None
    for (text,) in base.execute("SELECT metadata FROM metadata ORDER BY id DESC LIMIT 1"):
        # JSON is YAML too, and safe to read back from a foreign file. Other programs write other YAML.
        with contextlib.suppress(ConfigError):
            told = json_text.parse(str(text))
    told = told if isinstance(told, dict) else {}
    state.facts, state.checked = unsealed(told.get("custom_data"))
    return told


def _topics(base: sqlite3.Connection, state: Scan, tables: set[str]) -> tuple[dict[int, str], set[int]]:
    """The topics of a file by their numbers, and the numbers of ours."""
    topics, ours = {}, set()
    columns = {name for _, name, *_ in base.execute("PRAGMA table_info(topics)")}
    qos = "offered_qos_profiles" if "offered_qos_profiles" in columns else "''"  # as in the first bags of rosbag2
    query = f"SELECT id, name, type, serialization_format, {qos} FROM topics"
    for number, topic, kind, encoding, offered in base.execute(query):
        topics[int(number)] = str(topic)
        state.topics[str(topic)] = str(kind)
        state.qos[str(topic)] = str(offered)
        if TOPICS.get(topic) == kind:
            if encoding != "cdr":
                raise state.damaged(f"{topic} is not encoded as CDR")
            ours.add(int(number))
    if "message_definitions" in tables:
        columns = {name for _, name, *_ in base.execute("PRAGMA table_info(message_definitions)")}
        hashed = "type_description_hash" if "type_description_hash" in columns else "''"
        query = f"SELECT topic_type, encoding, encoded_message_definition, {hashed} FROM message_definitions"
        for kind, encoding, text, digest in base.execute(query):
            if kind in TOPICS.values():
                if has_changed(str(kind), str(encoding), str(text), str(digest)):
                    raise state.damaged(f"the definition of {kind} has changed")
                check_schema(state.path, str(kind), str(encoding), str(text))
    return topics, ours
