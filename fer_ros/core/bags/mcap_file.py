"""MCAP files of a bag (https://mcap.dev/spec), written so that a crash costs nothing that was handed over.

Each sample, image and label together, is a chunk with its own checksum: a file that was cut off is read up to its last
whole sample, and no reader ever gets one without the other. The images are JPEG already, so nothing is compressed.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Metadata, Schema, Statistics
from mcap.stream_reader import get_chunk_data_stream
from mcap.writer import MCAP0_MAGIC, CompressionType, Writer

from fer_ros import __version__
from fer_ros.core.bags import metadata
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, check_schema, definition
from fer_ros.core.bags.metadata import Part
from fer_ros.core.bags.part import Scan, sync_file
from fer_ros.core.base.errors import ConfigError, FerError, quoted, reason

SUFFIX, STORAGE = ".mcap", "mcap"
#: Name of the record with the bag's facts, at the beginning of each file so that a cut-off bag has them too.
FACTS = "fer_ros"
#: Bytes of a record or chunk from which a file counts as a mistake or an attack.
MAX_RECORD = 1 << 28
_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")


class _File:
    """Collects what the writer gives and hands it to the operating system as a whole, or not at all."""

    def __init__(self, path: Path) -> None:
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._pending = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def tell(self) -> int:
        return self._written + len(self._pending)

    def flush(self) -> None:
        data, self._pending = memoryview(bytes(self._pending)), bytearray()
        start = self._written
        try:
            while data:
                count = os.write(self.handle, data)
                self._written += count
                data = data[count:]
        except OSError:
            os.ftruncate(self.handle, start)
            raise


class McapWriter:
    """Writes one ``.mcap`` file; see :class:`fer_ros.core.bags.part.PartWriter`."""

    def __init__(self, path: Path, facts: Mapping[str, str]) -> None:
        """Create the file.

        :raises OSError: it exists or cannot be created.
        """
        self.path, self.part = path, Part(path.name, 0, 0, 0)
        self._facts = dict(facts)
        self._file = _File(path)
        # One flush a sample decides where chunks end, not their size.
        self._writer = Writer(
            cast("IO[Any]", self._file), chunk_size=MAX_RECORD, compression=CompressionType.NONE, enable_crcs=True
        )
        try:
            self._writer.start(profile="ros2", library=f"fer_ros {__version__}")
            self._writer.add_metadata(FACTS, self._facts)
            self._channels = {topic: self._register(topic, kind) for topic, kind in TOPICS.items()}
            self._file.flush()
        except BaseException:
            self.abandon()
            raise

    def _register(self, topic: str, kind: str) -> int:
        text, digest = definition(kind)
        schema = self._writer.register_schema(kind, "ros2msg", text.encode("utf-8"))
        qos = metadata.as_yaml(metadata.qos_profiles(topic))
        return self._writer.register_channel(
            topic, "cdr", schema, {"offered_qos_profiles": qos, "topic_type_hash": digest}
        )

    def write(self, stamp: int, image: bytes, label: bytes) -> None:
        sequence = self.part.samples + 1
        for topic, data in ((IMAGE_TOPIC, image), (LABEL_TOPIC, label)):
            self._writer.add_message(self._channels[topic], stamp, data, stamp, sequence)
        self._writer.flush()
        start = min(self.part.start or stamp, stamp)
        self.part = replace(self.part, samples=sequence, start=start, end=max(self.part.end, stamp))

    def sync(self) -> None:
        sync_file(self._file.handle)

    def finish(self) -> None:
        information = metadata.information(STORAGE, [self.part], self._facts)
        self._writer.add_metadata("rosbag2", {"serialized_metadata": metadata.as_yaml(information)})
        self._writer.finish()
        self._file.flush()
        self.sync()
        self.abandon()

    def abandon(self) -> None:
        if self._file.handle >= 0:
            os.close(self._file.handle)
            self._file.handle = -1


def scan(state: Scan) -> Iterator[tuple[str, bytes]]:
    """The messages of our topics in a file, as topic and CDR, in the order of the file.

    A finished file is read whole or refused. One that ends without its closing mark was cut off, and is read up to the
    first record that is not whole.

    :raises ConfigError: damaged, or a type has other fields than ours.
    """
    with state.path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        finished = size >= 2 * len(MCAP0_MAGIC)
        if finished:
            file.seek(size - len(MCAP0_MAGIC))
            finished = file.read() == MCAP0_MAGIC
        state.cut = not finished
        file.seek(0)
        # After a loss of power a file may end in zeros, from any byte on.
        if not MCAP0_MAGIC.startswith(file.read(len(MCAP0_MAGIC)).rstrip(b"\0")):
            raise state.damaged("it does not begin like an MCAP file")
        reader = _Records(state)
        try:
            for opcode, record in _records(file, size - (len(MCAP0_MAGIC) if finished else 0)):
                yield from reader.messages(opcode, record)
            reader.check()
        except FerError:
            raise
        except Exception as error:
            # A damaged record makes the library raise what it does not list: struct, Unicode, value and index errors.
            if finished:
                raise state.damaged(reason(error)) from error


def _records(file: IO[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    while file.tell() < size:
        opcode, length = _HEAD.unpack(file.read(_HEAD.size))
        if opcode == 0 or length > min(MAX_RECORD, size - file.tell()):
            raise ValueError(f"no record at byte {file.tell() - _HEAD.size}")
        yield opcode, file.read(length)


class _Records:
    """Takes the records of a file in turn and gives the messages in them."""

    def __init__(self, state: Scan) -> None:
        self.state = state
        self.schemas: dict[int, Schema] = {}
        self.topics: dict[int, str] = {}
        self.seen: dict[int, int] = {}
        self.stated: dict[int, int] | None = None

    def messages(self, opcode: int, record: bytes) -> Iterator[tuple[str, bytes]]:
        if opcode == Opcode.MESSAGE:
            channel = _MESSAGE.unpack_from(record)[0]
            self.seen[channel] = self.seen.get(channel, 0) + 1
            topic = self.topics.get(channel)
            if topic in TOPICS:
                yield topic, record[_MESSAGE.size :]
            return
        stream = ReadDataStream(io.BytesIO(record))
        if opcode == Opcode.CHUNK:
            chunk = Chunk.read(stream)
            if chunk.uncompressed_size > MAX_RECORD:
                raise ValueError("a chunk is too large")
            data, _ = get_chunk_data_stream(chunk, validate_crc=True)
            yield from self._chunk(data.read(chunk.uncompressed_size), chunk.uncompressed_size)
        elif opcode == Opcode.SCHEMA:
            schema = Schema.read(stream)
            self.schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            self._channel(Channel.read(stream))
        elif opcode == Opcode.METADATA:
            facts = Metadata.read(stream)
            if facts.name == FACTS:
                self.state.facts = metadata.clean_facts(facts.metadata)
        elif opcode == Opcode.STATISTICS:
            self.stated = dict(Statistics.read(stream).channel_message_counts)

    def _chunk(self, data: bytes, size: int) -> Iterator[tuple[str, bytes]]:
        if len(data) != size:
            raise ValueError("a chunk is shorter than it says")
        # All or nothing: a chunk that ends in the middle of a record gives none of its messages.
        records, at = [], 0
        while at < size:
            opcode, length = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            if length > size - at or opcode == Opcode.CHUNK:
                raise ValueError("a chunk holds a damaged record")
            records.append((opcode, data[at : at + length]))
            at += length
        for opcode, record in records:
            yield from self.messages(opcode, record)

    def _channel(self, channel: Channel) -> None:
        schema = self.schemas.get(channel.schema_id)
        kind = schema.name if schema else ""
        if TOPICS.get(channel.topic) == kind and schema is not None:
            check_schema(self.state.path, kind, schema.encoding, schema.data.decode("utf-8"))
            if channel.message_encoding != "cdr":
                encoding = quoted(channel.message_encoding)
                raise ConfigError(f"{self.state.path}: encoding {encoding} is not known: record with `fer record`")
            self.topics[channel.id] = channel.topic
        self.state.topics[channel.topic] = kind

    def check(self) -> None:
        """A record whose kind was changed by damage is skipped in silence; the counts in the summary tell."""
        if self.stated is not None and any(self.seen.get(channel, 0) != n for channel, n in self.stated.items()):
            raise ValueError("messages are missing")
