"""Reading the SQLite3 files of a bag, and the checksums that we add to them, for SQLite has none.

A table of our own, which other tools ignore, holds a CRC-32 for each message, by its id, and one with the id 0 for what
is told of them: topics, definitions, facts and counts.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from fer_ros.core.bags.facts import unsealed
from fer_ros.core.bags.messages import TOPICS, check_schema
from fer_ros.core.bags.part import Scan
from fer_ros.core.bags.sqlite_open import has_log, opened
from fer_ros.core.base.errors import reason

CHECKS = "fer_ros_checks"
_ROW = struct.Struct("<qqq")
#: What the checksum with the id 0 is of.
_TOLD = (
    "SELECT metadata_version, metadata FROM metadata ORDER BY id",
    "SELECT id, name, type, serialization_format, offered_qos_profiles, type_description_hash FROM topics ORDER BY id",
    "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions ORDER BY id",
)
_MESSAGES = "SELECT id, topic_id, timestamp, data FROM messages ORDER BY id"
_CHECKED = (
    f"SELECT m.id, topic_id, timestamp, data, crc FROM messages m LEFT JOIN {CHECKS} c ON c.id = m.id ORDER BY m.id"
)


def message_checksum(number: int, topic: int, stamp: int, data: bytes) -> int:
    """CRC-32 of a message, its row's other values included."""
    return zlib.crc32(data, zlib.crc32(_ROW.pack(number, topic, stamp)))


def told_checksum(base: sqlite3.Connection) -> int:
    """CRC-32 of topics, definitions, facts and counts."""
    checksum = 0
    for query in _TOLD:
        for row in base.execute(query):
            checksum = zlib.crc32(json.dumps(row).encode("ascii"), checksum)
    return checksum


def scan(state: Scan) -> Iterator[tuple[str, bytes]]:
    """The messages of our topics in a file, as topic and CDR, in the order they were written.

    The log of a file that is being written, or was cut off, is read with it.

    :raises ConfigError: damaged, or a type has other fields than ours.
    """
    state.cut = has_log(state.path)
    try:
        with opened(state.path) as base:
            tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                state.cut = True  # before its tables were made
                return
            numbers = _topics(base, state, tables)
            stated = _stated(base, state) if "metadata" in tables else {}
            if state.checked != (CHECKS in tables):
                raise state.damaged("its facts or checksums have changed")
            if state.checked:
                yield from _checked(base, state, numbers, int(stated["message_count"]))
            else:
                for _, number, _, data in base.execute(_MESSAGES):
                    if number in numbers:
                        yield numbers[number], _blob(state, data)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, KeyError, TypeError, ValueError) as error:
        raise state.damaged(reason(error)) from error


def _checked(
    base: sqlite3.Connection, state: Scan, numbers: dict[int, str], stated: int
) -> Iterator[tuple[str, bytes]]:
    checks = dict(base.execute(f"SELECT min(id), crc FROM {CHECKS}"))
    if checks != {0: told_checksum(base)}:
        raise state.damaged("its topics or counts have changed")
    rows = seen = 0
    for number, topic, stamp, data, checksum in base.execute(_CHECKED):
        rows += 1
        if checksum is None and topic not in numbers:
            continue  # of another program
        if checksum != message_checksum(number, topic, stamp, _blob(state, data)):
            raise state.damaged(f"message {number} has changed")
        seen += 1
        if topic in numbers:
            yield numbers[topic], data
    ((expected,),) = base.execute(f"SELECT count(*) FROM {CHECKS} WHERE id > 0")
    if seen != expected or rows < stated:
        raise state.damaged("messages are missing")
    state.cut |= rows > stated


def _stated(base: sqlite3.Connection, state: Scan) -> dict[str, Any]:
    """What the file says of itself; its facts are taken over."""
    told: dict[str, Any] = {}
    for (text,) in base.execute("SELECT metadata FROM metadata ORDER BY id DESC LIMIT 1"):
        # JSON is YAML too, and safe to read back from a foreign file. Other programs write other YAML.
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(str(text))
    state.facts, state.checked = unsealed(told.get("custom_data") if isinstance(told, dict) else None)
    return told


def _blob(state: Scan, data: object) -> bytes:
    if not isinstance(data, bytes):
        raise state.damaged("a message is no blob")
    return data


def _topics(base: sqlite3.Connection, state: Scan, tables: set[str]) -> dict[int, str]:
    numbers = {}
    for number, topic, kind, encoding in base.execute("SELECT id, name, type, serialization_format FROM topics"):
        state.topics[str(topic)] = str(kind)
        if TOPICS.get(topic) == kind:
            if encoding != "cdr":
                raise state.damaged(f"{topic} is not encoded as CDR")
            numbers[int(number)] = str(topic)
    if "message_definitions" in tables:
        query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
        for kind, encoding, text in base.execute(query):
            if kind in TOPICS.values():
                check_schema(state.path, str(kind), str(encoding), str(text))
    return numbers
