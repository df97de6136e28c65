"""Writes SQLite3 files of a bag, with the tables of rosbag2's ``sqlite3`` storage (schema version 4).

While a file is written, its samples are in SQLite's write-ahead log, which survives the end of the process at any
moment. A finished file is one ``.db3`` without companions, as every reader expects.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.facts import schema_of
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, definition
from fer_ros.core.bags.metadata import DISTRO, VERSION, Part
from fer_ros.core.bags.part import sync_file, whole_or_nothing
from fer_ros.core.bags.sqlite_open import as_os_error
from fer_ros.core.bags.sqlite_scan import numbered

SUFFIX, STORAGE = ".db3", "sqlite3"
SCHEMA_VERSION = 4
TABLES = """
    CREATE TABLE schema (schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
    CREATE TABLE metadata (id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
    CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
        serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL, type_description_hash TEXT NOT NULL);
    CREATE TABLE message_definitions (id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
        encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL);
    CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
        data BLOB NOT NULL);
    CREATE INDEX timestamp_idx ON messages (timestamp ASC);
"""


class SqliteWriter:
    """Writes one ``.db3`` file; see :class:`fer_ros.core.bags.part.PartWriter`."""

    def __init__(self, path: Path, facts: Mapping[str, str]) -> None:
        """Create the file.

        :raises OSError: it exists or cannot be created.
        """
        self.path, self.part = path, Part(path.name, 0, 0, 0)
        self._facts = dict(facts)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with as_os_error():
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with as_os_error():
                self._create()
        except BaseException:
            self.abandon()
            raise

    def _create(self) -> None:
        base = self._base
        base.execute("PRAGMA journal_mode = WAL")
        # The log is synced by us, not at every commit.
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute("BEGIN")
        for statement in TABLES.split(";")[:-1]:
            base.execute(statement)
        base.execute("INSERT INTO schema VALUES (?, ?)", (SCHEMA_VERSION, DISTRO))
        for number, (topic, kind) in enumerate(TOPICS.items(), start=1):
            text, digest = definition(kind, schema_of(self._facts))
            qos = metadata.as_yaml(metadata.qos_profiles(topic))
            base.execute("INSERT INTO topics VALUES (?, ?, ?, 'cdr', ?, ?)", (number, topic, kind, qos, digest))
            base.execute("INSERT INTO message_definitions VALUES (?, ?, 'ros2msg', ?, ?)", (number, kind, text, digest))
        self._state_metadata()
        base.execute("COMMIT")
        self._topics = {topic: number for number, topic in enumerate(TOPICS, start=1)}

    def _state_metadata(self) -> None:
        # JSON is YAML too, and safe to read back from a foreign file.
        text = json.dumps(metadata.information(STORAGE, [self.part], self._facts), ensure_ascii=False)
        self._base.execute("INSERT OR REPLACE INTO metadata VALUES (1, ?, ?)", (VERSION, text))

    def write(self, stamp: int, image: bytes, label: bytes) -> None:
        place = len(TOPICS) * self.part.samples
        messages = []
        for topic, data in ((IMAGE_TOPIC, image), (LABEL_TOPIC, label)):
            place += 1
            number = self._topics[topic]
            messages.append((numbered(place, number, stamp, data), number, stamp, data))
        with as_os_error():
            self._base.execute("BEGIN")
            self._base.executemany("INSERT INTO messages VALUES (?, ?, ?, ?)", messages)
            self._base.execute("COMMIT")
        start = min(self.part.start or stamp, stamp)
        self.part = replace(self.part, samples=self.part.samples + 1, start=start, end=max(self.part.end, stamp))

    def sync(self) -> None:
        # A checkpoint syncs the log before it copies, so syncing the log is enough.
        with contextlib.suppress(FileNotFoundError), Path(f"{self.path}-wal").open("rb") as log:
            sync_file(log.fileno())

    def finish(self) -> None:
        with as_os_error():
            self._state_counts()
            self._base.execute("PRAGMA synchronous = FULL")
            self._leave_log()
        self.abandon()

    def _state_counts(self) -> None:
        self._base.execute("BEGIN")
        self._state_metadata()
        self._base.execute("COMMIT")

    def rescue(self, target: Path) -> None:
        try:
            # Without its counts the file counts as cut off, and is read all the same.
            with contextlib.suppress(sqlite3.Error):
                self._state_counts()
            with whole_or_nothing(target), as_os_error(), contextlib.closing(sqlite3.connect(target)) as copy:
                self._base.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            self.abandon()

    def _leave_log(self) -> None:
        """Move the log into the file and remove its companions; a current reader may keep them until it ends."""
        try:
            self._base.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise

    def abandon(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._base.close()
