"""Writes what can be read of an MCAP file into a new one: every topic, attachment, metadata record and message.

It leaves out damaged chunks one by one. Each has a checksum, so none is kept by mistake.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Metadata, Schema
from mcap.writer import CompressionType, Writer

from fer_ros.core.bags import metadata
from fer_ros.core.bags.facts import schema_of, sealed, unsealed
from fer_ros.core.bags.mcap_file import STORAGE
from fer_ros.core.bags.mcap_scan import FACTS, LIBRARY
from fer_ros.core.bags.mcap_walk import MAX_RECORD, PRIVATE, Gap, chunk_records, message, parse, walk
from fer_ros.core.bags.mending.changes import Changes
from fer_ros.core.bags.mending.report import Mended
from fer_ros.core.bags.messages import TOPICS, decodes, definition
from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError, reason

#: Name of the record that rosbag2 writes what it knows into.
_ROSBAG2 = "rosbag2"
_COMPRESSIONS = {"zstd": CompressionType.ZSTD, "lz4": CompressionType.LZ4}
#: Bytes of messages outside of chunks that become a chunk.
_CHUNK = 1 << 20


@dataclass(slots=True)
class Survey:
    """The findings of a first pass over a file.

    :ivar ours: it was written by us.
    :ivar stated: messages that the summary states; None where it cannot be read.
    :ivar facts: the record with the bag's facts, as it is; None where it is missing or damaged.
    """

    ours: bool = False
    profile: str = "ros2"
    library: str = ""
    compression: str = ""
    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    stated: int | None = None
    facts: dict[str, str] | None = None

    @property
    def topics(self) -> dict[str, str]:
        """Topic → type."""
        return {c.topic: getattr(self.schemas.get(c.schema_id), "name", "") for c in self.channels.values()}


def survey(file: Path) -> Survey:
    """Topics, definitions and facts of a file, from wherever in it they can be read.

    :raises OSError: it cannot be read.
    """
    found, late = Survey(), Survey()
    with file.open("rb") as stream:
        for record in walk(stream):
            if isinstance(record, Gap):
                continue
            if record.opcode == Opcode.HEADER:
                found.profile, found.library = record.parsed.profile, record.parsed.library
                found.ours |= found.library.startswith(LIBRARY)
            elif record.opcode == Opcode.METADATA and record.parsed.name == FACTS:
                _take_facts(found, record.parsed)
            elif record.opcode == Opcode.STATISTICS:
                found.stated = record.parsed.message_count
            elif record.opcode == Opcode.CHUNK:
                found.compression = found.compression or record.parsed.compression
                for opcode, content in _inside(record.parsed):
                    _define(found, opcode, content)
            else:
                _define(late, record.opcode, record.content)
    # What lies in a chunk has a checksum, what lies outside has none.
    found.schemas = {**late.schemas, **found.schemas}
    found.channels = {**late.channels, **found.channels}
    if found.ours:
        _add_our_topics(found)
    return found


def salvage(file: Path, target: Path, found: Survey, facts: dict[str, str], changes: Changes | None = None) -> Mended:
    """Write what can be read of a file into a new one.

    :param found: what :func:`survey` has found.
    :param facts: of the bag, for a file of ours whose own are damaged.
    :param changes: what is left out and told otherwise.
    :raises OSError: the disk is full.
    """
    report = Mended(file.name)
    with file.open("rb") as source, target.open("xb") as stream:
        copy = _Copy(stream, found, report, changes)
        if changes is not None and changes.facts is not None:
            copy.writer.add_metadata(FACTS, sealed(changes.facts))
        elif found.facts is not None or found.ours:
            copy.writer.add_metadata(FACTS, sealed(facts) if found.facts is None else found.facts)
        for record in walk(source):
            if isinstance(record, Gap):
                copy.lose(source, record)
            elif record.opcode == Opcode.CHUNK:
                try:
                    copy.chunk(chunk_records(record.parsed), bool(record.parsed.uncompressed_crc))
                except Exception as error:
                    # See mcap_walk: the library and the decompressors raise errors of any type.
                    report.damage.append(f"chunk at byte {record.at}: {reason(error)}")
            elif record.opcode == Opcode.MESSAGE and not found.ours:
                copy.loose(record.content)
            elif record.opcode == Opcode.ATTACHMENT:
                copy.attachment(record.parsed)
            elif record.opcode == Opcode.METADATA:
                copy.metadata(record.parsed)
            elif record.opcode >= PRIVATE or record.opcode == Opcode.MESSAGE:
                report.damage.append(f"record at byte {record.at}: of an unknown kind")
        copy.finish()
    report.kept = sum(copy.kept.values())
    report.lost = copy.lost()
    return report


class _Copy:
    """The new file."""

    def __init__(self, stream: IO[bytes], found: Survey, report: Mended, changes: Changes | None) -> None:
        self.found, self.report, self._changes = found, report, changes
        self.kept: Counter[str] = Counter()
        self._sequences: set[int] = set()
        self._undecodable = 0
        self._size = 0
        self._told: dict[str, str] = {}
        # Where chunks end is decided by where they ended before.
        compression = _COMPRESSIONS.get(found.compression, CompressionType.NONE)
        self.writer = Writer(stream, chunk_size=MAX_RECORD, compression=compression, enable_crcs=True)
        self.writer.start(profile=found.profile, library=found.library or LIBRARY)
        self._channels = self._defined()

    def _defined(self) -> dict[int, tuple[int, Channel]]:
        schemas = {
            number: self.writer.register_schema(schema.name, schema.encoding, schema.data)
            for number, schema in self.found.schemas.items()
        }
        return {
            number: (
                self.writer.register_channel(c.topic, c.message_encoding, schemas.get(c.schema_id, 0), c.metadata),
                c,
            )
            for number, c in self.found.channels.items()
        }

    def chunk(self, records: list[tuple[int, bytes]], checked: bool) -> None:
        """Add the messages of a chunk as one."""
        if self.found.ours and not checked:
            raise ValueError("it has no checksum")
        for opcode, content in records:
            if opcode == Opcode.MESSAGE:
                self._message(content)
        self._flush()

    def loose(self, content: bytes) -> None:
        """Add a message from outside the chunks."""
        self._message(content)
        if self._size >= _CHUNK:
            self._flush()

    def attachment(self, found: Attachment) -> None:
        """Add an attachment."""
        self._flush()
        self.writer.add_attachment(found.create_time, found.log_time, found.name, found.media_type, found.data)

    def metadata(self, found: Metadata) -> None:
        """Add a metadata record; the facts were written before, and what rosbag2 keeps there is told at the end."""
        if found.name == _ROSBAG2:
            self._told = found.metadata
        elif found.name != FACTS:
            self._flush()
            told = found.metadata if self._changes is None else self._changes.told(found.metadata)
            self.writer.add_metadata(found.name, told)

    def finish(self) -> None:
        """Add rosbag2's own record with the counts of this file, and the index."""
        told: Any = None
        with contextlib.suppress(ConfigError, KeyError):
            told = yaml_files.parse(self._told["serialized_metadata"].encode("utf-8"))
        if not isinstance(told, dict):
            told = metadata.information(STORAGE, [], self.found.facts or {}) if self.found.ours else None
        if told is not None:
            told = told if self._changes is None else self._changes.told(told)
            metadata.count(told, self.kept)
            self._flush()
            self.writer.add_metadata(_ROSBAG2, {"serialized_metadata": metadata.as_yaml(told)})
        self.writer.finish()

    def lose(self, source: IO[bytes], gap: Gap) -> None:
        """Note bytes that are no record; ignore zeros, as a loss of power leaves them."""
        source.seek(gap.at)
        if source.read(min(gap.end - gap.at, MAX_RECORD)).strip(b"\0"):
            self.report.damage.append(f"bytes {gap.at} to {gap.end}: {gap.why}")

    def lost(self) -> int:
        """Messages that are known to be lost."""
        kept = sum(self.kept.values())
        by_count = self.found.stated - kept if self.found.stated is not None else 0
        # Ours are counted through, two of each number.
        by_number = len(TOPICS) * (max(self._sequences, default=0) - len(self._sequences)) if self.found.ours else 0
        return max(by_count, by_number, self._undecodable)

    def _message(self, content: bytes) -> None:
        number, sequence, logged, published, data = message(content)
        if number not in self._channels:
            self._undecodable += 1
            self.report.damage.append(f"a message of an unknown topic ({number})")
            return
        new, channel = self._channels[number]
        topic = channel.topic
        if topic in TOPICS and self.found.topics[topic] == TOPICS[topic]:
            if not decodes(topic, data):
                self._undecodable += 1
                self.report.damage.append(f"message {sequence} of {topic}: it cannot be decoded")
                return
            if self._changes is not None:
                if not self._changes.keep(topic, data):
                    return
                sequence = self.kept[topic] + 1 if self.found.ours else sequence
            self._sequences.add(sequence)
        self.writer.add_message(new, logged, data, published, sequence)
        self._size += len(data)
        self.kept[topic] += 1

    def _flush(self) -> None:
        self.writer.flush()
        self._size = 0


def _inside(chunk: object) -> Iterator[tuple[int, bytes]]:
    try:
        yield from chunk_records(chunk)  # type: ignore[arg-type]
    except Exception:
        # See mcap_walk. What is lost is told when it is copied.
        return


def _define(found: Survey, opcode: int, content: bytes) -> None:
    if opcode not in (Opcode.SCHEMA, Opcode.CHANNEL):
        return
    try:
        record = parse(opcode, content)
    except Exception:
        return
    if isinstance(record, Schema):
        found.schemas.setdefault(record.id, record)
    else:
        found.channels.setdefault(record.id, record)


def _take_facts(found: Survey, record: Metadata) -> None:
    with contextlib.suppress(ValueError):
        unsealed(record.metadata)
        found.facts = record.metadata


def _add_our_topics(found: Survey) -> None:
    """We always write the same two topics under the same numbers: known also where their chunk is lost."""
    for number, (topic, kind) in enumerate(TOPICS.items(), start=1):
        if topic not in found.topics and number not in found.channels:
            text, digest = definition(kind, schema_of(found.facts))
            qos = metadata.as_yaml(metadata.qos_profiles(topic))
            found.schemas.setdefault(
                number, Schema(id=number, name=kind, encoding="ros2msg", data=text.encode("utf-8"))
            )
            found.channels[number] = Channel(
                id=number,
                topic=topic,
                message_encoding="cdr",
                schema_id=number,
                metadata={"offered_qos_profiles": qos, "topic_type_hash": digest},
            )
