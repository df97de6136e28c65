"""Copies a whole SQLite file of a bag without some of its messages. Everything else stays, unknown tables, too."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from fer_ros.core.bags import metadata
from fer_ros.core.bags.facts import sealed
from fer_ros.core.bags.mending.changes import Changes
from fer_ros.core.bags.messages import TOPICS
from fer_ros.core.bags.sqlite_open import as_os_error, copied
from fer_ros.core.bags.sqlite_scan import numbered, place_of
from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError


def copy(file: Path, target: Path, changes: Changes, scratch: Path) -> None:
    """Write the new file. SQLite packs it anew, so no freed page keeps what was left out.

    :param scratch: an empty folder for a copy that still holds everything.
    :raises OSError: the disk is full.
    """
    whole = copied(file, scratch)
    with as_os_error(), contextlib.closing(sqlite3.connect(whole, isolation_level=None)) as base:
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("BEGIN")
        checked = _leave_out(base, changes)
        _tell(base, changes, checked)
        base.execute("COMMIT")
        base.execute("PRAGMA journal_mode = DELETE")
        base.execute("VACUUM INTO ?", (str(target),))
    with target.open("rb") as new:
        os.fsync(new.fileno())


def _leave_out(base: sqlite3.Connection, changes: Changes) -> bool:
    """Delete messages, and number those of ours anew: a missing number stands for a lost message.

    :returns: whether their numbers hold checksums.
    """
    topics = {
        int(n): str(name) for n, name, kind in base.execute("SELECT id, name, type FROM topics") if _ours(name, kind)
    }
    place, checked = 0, False
    for number, topic in base.execute("SELECT id, topic_id FROM messages ORDER BY id").fetchall():
        if topic not in topics:
            continue
        ((stamp, data),) = base.execute("SELECT timestamp, data FROM messages WHERE id = ?", (number,))
        checked |= place_of(number) > 0
        if not changes.keep(topics[topic], data):
            base.execute("DELETE FROM messages WHERE id = ?", (number,))
        elif checked:
            place += 1
            new = numbered(place, topic, stamp, data)
            base.execute("UPDATE messages SET id = ? WHERE id = ?", (new, number))
    return checked


def _tell(base: sqlite3.Connection, changes: Changes, checked: bool) -> None:
    tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "metadata" not in tables:
        return
    joined = "topics LEFT JOIN messages ON topic_id = topics.id"
    query = f"SELECT topics.name, COUNT(messages.id) FROM {joined} GROUP BY topics.id"
    counts = dict(base.execute(query))
    for number, text in base.execute("SELECT id, metadata FROM metadata").fetchall():
        told: Any = None
        with contextlib.suppress(ConfigError):
            told = yaml_files.parse(str(text).encode("utf-8"))
        if isinstance(told, dict):
            told = changes.told(told)
            metadata.count(told, counts)
            if changes.facts is not None:
                told["custom_data"] = sealed(changes.facts) if checked else changes.facts
            new = json.dumps(told, ensure_ascii=False)
        else:
            new = str(changes.told(str(text)))
        base.execute("UPDATE metadata SET metadata = ? WHERE id = ?", (new, number))


def _ours(name: object, kind: object) -> bool:
    return TOPICS.get(str(name)) == kind
