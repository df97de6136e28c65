"""Writes what can be read of a SQLite file of a bag into a new one.

A file that was only cut off is copied whole, with its log moved into it, so even unknown tables stay. In a damaged
file the rows are searched page by page, and each message with a checksum must match it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from fer_ros.core.bags import metadata
from fer_ros.core.bags.facts import schema_of, unsealed
from fer_ros.core.bags.mending.report import Mended
from fer_ros.core.bags.mending.sqlite_pages import Row, rows
from fer_ros.core.bags.messages import TOPICS, decodes, definition, has_changed
from fer_ros.core.bags.metadata import DISTRO, VERSION
from fer_ros.core.bags.sqlite_file import SCHEMA_VERSION, STORAGE, TABLES
from fer_ros.core.bags.sqlite_open import as_os_error, copied, has_log, opened
from fer_ros.core.bags.sqlite_scan import numbered, place_of
from fer_ros.core.base import json_text
from fer_ros.core.base.errors import ConfigError

_NAME, _KIND = 0, 1
#: Number, topic, time and data.
Message = tuple[int, int, int, bytes]


@dataclass(slots=True)
class Survey:
    """What a damaged file still says of its messages.

    :ivar topics: by number: name, type, encoding, quality of service, hash.
    :ivar definitions: by number: type, encoding, text, hash.
    :ivar facts: None where they are damaged.
    :ivar checked: the messages have checksums.
    :ivar stated: messages that the file states.
    """

    topics: dict[int, tuple[str, ...]] = field(default_factory=dict)
    definitions: dict[int, tuple[str, ...]] = field(default_factory=dict)
    facts: dict[str, str] | None = None
    checked: bool = False
    stated: int = 0

    @property
    def ours(self) -> bool:
        """It was written by us."""
        return self.checked or "software" in (self.facts or {})

    @property
    def kinds(self) -> dict[str, str]:
        """Topic → type."""
        return {topic[_NAME]: topic[_KIND] for topic in self.topics.values()}


def survey(path: Path) -> Survey:
    """Topics, definitions and facts of a file, from wherever in it they can be read.

    :raises OSError: it cannot be read.
    """
    found = Survey()
    for number, values in _all_rows(path):
        kinds = [type(value) for value in values]
        if kinds[:1] == [type(None)] and len(values) in (5, 6) and all(kind is str for kind in kinds[1:]):
            texts = tuple(str(value) for value in values[1:])
            # A topic's name begins by a slash, and its row has one column less in older versions.
            if texts[0].startswith("/"):
                found.topics.setdefault(number, (*texts, "")[:5])
            elif len(texts) == 4 and not _changed(texts):
                found.definitions.setdefault(number, texts)
        elif kinds == [type(None), int, str] and str(values[2]).startswith("{"):
            _take_told(found, str(values[2]))
        elif _is_message(values) and place_of(number) > 0:
            # A number is as large as this only with a checksum in it.
            found.checked |= number == numbered(place_of(number), *values[1:])  # type: ignore[arg-type]
    if found.ours:
        _add_our_topics(found)
    return found


def salvage(path: Path, target: Path, found: Survey, facts: dict[str, str]) -> Mended:
    """Write what can be read of a file into a new one.

    :param found: what :func:`survey` has found.
    :param facts: of the bag, for a file whose own are damaged.
    :raises OSError: the disk is full.
    """
    report = Mended(path.name)
    with as_os_error(), contextlib.closing(sqlite3.connect(target, isolation_level=None)) as base:
        base.execute("PRAGMA synchronous = FULL")
        base.execute("ATTACH DATABASE '' AS read")
        base.execute("CREATE TABLE read.messages (id INTEGER PRIMARY KEY, topic_id, timestamp, data)")
        base.execute("BEGIN")
        for statement in TABLES.split(";")[:-1]:
            base.execute(statement)
        base.execute("INSERT INTO schema VALUES (?, ?)", (SCHEMA_VERSION, DISTRO))
        base.executemany("INSERT INTO topics VALUES (?, ?, ?, ?, ?, ?)", [(n, *t) for n, t in found.topics.items()])
        definitions = [(n, *d) for n, d in found.definitions.items()]
        base.executemany("INSERT INTO message_definitions VALUES (?, ?, ?, ?, ?)", definitions)
        # Pages lie in any order, and a row may lie in several.
        base.executemany("INSERT OR IGNORE INTO read.messages VALUES (?, ?, ?, ?)", _proven(path, found))
        _renumber(base, found, report)
        told = metadata.information(STORAGE, [], facts if found.facts is None else found.facts)
        if not found.checked:
            told["custom_data"] = dict(facts if found.facts is None else found.facts)
        told["message_count"] = report.kept
        base.execute("INSERT INTO metadata VALUES (1, ?, ?)", (VERSION, json.dumps(told, ensure_ascii=False)))
        base.execute("COMMIT")
    report.lost = max(report.lost, found.stated - report.kept)
    return report


def finished(path: Path, target: Path, count: int) -> Mended:
    """Copy a file that was only cut off, and move its log into it.

    :param count: of its messages.
    :raises OSError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix=".mending-", dir=path.parent) as folder:
        copy = copied(path, Path(folder))
        with as_os_error(), contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            query = "SELECT id, metadata FROM metadata" if "metadata" in tables else "SELECT 1, '' WHERE 0"
            for number, text in base.execute(query).fetchall():
                # Other programs write other YAML, which says nothing that is needed.
                with contextlib.suppress(ConfigError, TypeError):
                    told = json.dumps({**json_text.parse(str(text)), "message_count": count}, ensure_ascii=False)
                    base.execute("UPDATE metadata SET metadata = ? WHERE id = ?", (told, number))
            base.execute("PRAGMA journal_mode = DELETE")
        copy.replace(target)
    return Mended(path.name, kept=count)


def sound(path: Path) -> str:
    """What SQLite itself finds wrong with a file, such as a changed index; empty if it is whole."""
    try:
        with opened(path) as base:
            (answer,) = base.execute("PRAGMA integrity_check(1)").fetchone()
            return "" if answer == "ok" else str(answer)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def hidden(path: Path, count: int) -> str:
    """The part of a log that SQLite ignores, such as a last transaction with a changed byte; usually nothing.

    :param count: messages that SQLite finds.
    """
    if not has_log(path):
        return ""
    proven = {number for number, *_ in _proven(path, survey(path))}
    return "the end of its write-ahead log has changed" if len(proven) > count else ""


def _all_rows(path: Path) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="fer_ros_") as folder:
        yield from rows(copied(path, Path(folder)))


def _proven(path: Path, found: Survey) -> Iterator[Message]:
    """The messages to keep: those with a right checksum, or without checksums those that can be decoded."""
    for number, values in _all_rows(path):
        if not _is_message(values):
            continue
        topic, stamp, data = cast("tuple[int, int, bytes]", values[1:])
        name, kind = found.topics.get(topic, ("", ""))[:2]
        ours = TOPICS.get(name) == kind
        if ours and found.checked:
            proven = number == numbered(place_of(number), topic, stamp, data)
        else:
            proven = decodes(name, data) if ours else bool(name)
        if proven:
            yield number, topic, stamp, data


def _renumber(base: sqlite3.Connection, found: Survey, report: Mended) -> None:
    """Number the messages anew, because a missing number stands for a lost message."""
    place = before = 0
    for number, topic, stamp, data in base.execute(
        "SELECT id, topic_id, timestamp, data FROM read.messages ORDER BY id"
    ):
        new: int | None = number
        if found.checked:
            new = None
            if TOPICS.get(found.topics[topic][_NAME]) == found.topics[topic][_KIND]:
                place += 1
                new = numbered(place, topic, stamp, data)
                _note(report, before + 1, place_of(number) - 1)
                before = place_of(number)
            # What is of other topics gets the number behind the last one.
        base.execute("INSERT INTO messages VALUES (?, ?, ?, ?)", (new, topic, stamp, data))
        report.kept += 1
    if found.checked:
        others = report.kept - place
        _note(report, before + 1, found.stated - others)


def _note(report: Mended, first: int, last: int) -> None:
    """Note that messages from the first to the last are lost, if there are any."""
    if last >= first:
        report.lost += last - first + 1
        report.damage.append(f"messages {first} to {last}" if last > first else f"message {first}")


def _is_message(values: tuple[object, ...]) -> bool:
    return [type(value) for value in values] == [type(None), int, int, bytes]


def _changed(texts: tuple[str, ...]) -> bool:
    """Whether a definition of ours is not what its hash stands for."""
    kind, encoding, text, digest = texts
    return kind in TOPICS.values() and has_changed(kind, encoding, text, digest)


def _take_told(found: Survey, text: str) -> None:
    with contextlib.suppress(ConfigError, ValueError, TypeError, KeyError):
        told = json_text.parse(text)
        found.stated = max(found.stated, int(told["message_count"]))
        facts, sealed = unsealed(told["custom_data"])
        if found.facts is None:
            found.facts, found.checked = facts, found.checked or sealed


def _add_our_topics(found: Survey) -> None:
    """Our two topics, which always have the same numbers, so they are known even if their page is lost."""
    for number, (topic, kind) in enumerate(TOPICS.items(), start=1):
        text, digest = definition(kind, schema_of(found.facts))
        if topic not in found.kinds and number not in found.topics:
            qos = metadata.as_yaml(metadata.qos_profiles(topic))
            found.topics[number] = (topic, kind, "cdr", qos, digest)
        if all(known[0] != kind for known in found.definitions.values()):
            free = next(n for n in itertools.count(number) if n not in found.definitions)
            found.definitions[free] = (kind, "ros2msg", text, digest)
