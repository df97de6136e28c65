"""SQLite3 files of a bag, in the tables of rosbag2's ``sqlite3`` storage (schema version 4).

While a file is being written its samples are in SQLite's write-ahead log, which survives the end of the process at any
moment; a finished file is one ``.db3`` without companions, as every reader expects.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, check_schema, definition
from fer_ros.core.bags.metadata import DISTRO, VERSION, Part
from fer_ros.core.bags.part import Scan, sync_file
from fer_ros.core.base.errors import reason

SUFFIX, STORAGE = ".db3", "sqlite3"
SCHEMA_VERSION = 4
#: What SQLite keeps beside a file that is open or was cut off.
COMPANIONS = ("-wal", "-shm", "-journal")
_TABLES = """
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
        with _as_os_error():
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with _as_os_error():
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
        for statement in _TABLES.split(";")[:-1]:
            base.execute(statement)
        base.execute("INSERT INTO schema VALUES (?, ?)", (SCHEMA_VERSION, DISTRO))
        for number, (topic, kind) in enumerate(TOPICS.items(), start=1):
            text, digest = definition(kind)
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
        with _as_os_error():
            self._base.execute("BEGIN")
            self._base.executemany(
                "INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)",
                [(self._topics[IMAGE_TOPIC], stamp, image), (self._topics[LABEL_TOPIC], stamp, label)],
            )
            self._base.execute("COMMIT")
        start = min(self.part.start or stamp, stamp)
        self.part = replace(self.part, samples=self.part.samples + 1, start=start, end=max(self.part.end, stamp))

    def sync(self) -> None:
        # A checkpoint syncs the log before it copies, so syncing the log is enough.
        with contextlib.suppress(FileNotFoundError), Path(f"{self.path}-wal").open("rb") as log:
            sync_file(log.fileno())

    def finish(self) -> None:
        with _as_os_error():
            self._state_metadata()
            self._base.execute("PRAGMA synchronous = FULL")
            self._leave_log()
        self.abandon()

    def _leave_log(self) -> None:
        """Move the log into the file and remove its companions; a reader of this moment may keep them until it ends."""
        try:
            self._base.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise

    def abandon(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._base.close()


def scan(state: Scan) -> Iterator[tuple[str, bytes]]:
    """The messages of our topics in a file, as topic and CDR, in the order they were written.

    The log of a file that is being written, or was cut off, is read with it.

    :raises ConfigError: damaged, or a type has other fields than ours.
    """
    state.cut = any(Path(f"{state.path}{suffix}").exists() for suffix in COMPANIONS)
    try:
        with contextlib.ExitStack() as stack:
            base = _opened(state.path, stack)
            # Contents of a foreign file are not to run code of its own: neither triggers nor functions in its schema.
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA query_only = ON")
            if not base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                state.cut = True  # before its tables were made
                return
            numbers = _topics(base, state)
            for number, data in base.execute("SELECT topic_id, data FROM messages ORDER BY id"):
                if number in numbers:
                    if not isinstance(data, bytes):
                        raise state.damaged("a message is no blob")
                    yield numbers[number], data
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise state.damaged(reason(error)) from error


def _opened(path: Path, stack: contextlib.ExitStack) -> sqlite3.Connection:
    """The file opened for reading; where SQLite would have to mend it first, a copy: the file stays as it is."""
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        base.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        base.close()
        if "readonly" not in str(error):
            raise
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fer_ros_")))
        for suffix in ("", *COMPANIONS):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{folder / path.name}{suffix}")
        base = sqlite3.connect(folder / path.name)
    return stack.enter_context(contextlib.closing(base))


def _topics(base: sqlite3.Connection, state: Scan) -> dict[int, str]:
    numbers = {}
    for number, topic, kind, encoding in base.execute("SELECT id, name, type, serialization_format FROM topics"):
        state.topics[str(topic)] = str(kind)
        if TOPICS.get(topic) == kind:
            if encoding != "cdr":
                raise state.damaged(f"{topic} is not encoded as CDR")
            numbers[int(number)] = str(topic)
    tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "message_definitions" in tables:
        query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
        for kind, encoding, text in base.execute(query):
            if kind in TOPICS.values():
                check_schema(state.path, str(kind), str(encoding), str(text))
    if "metadata" in tables:
        for (text,) in base.execute("SELECT metadata FROM metadata ORDER BY id DESC LIMIT 1"):
            with contextlib.suppress(ValueError, RecursionError, AttributeError):
                state.facts = metadata.clean_facts(json.loads(str(text)).get("custom_data"))
    return numbers


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """SQLite's own errors as those of the operating system, so that a full disk looks the same in every storage."""
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" or "full" in str(error)
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
