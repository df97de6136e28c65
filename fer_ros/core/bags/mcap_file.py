"""Writes MCAP files of a bag (https://mcap.dev/spec) such that a crash costs nothing that was handed over.

Each sample, image and label together, is a chunk with its own checksum. So a cut-off file can be read up to its last
whole sample, and no reader ever gets one without the other. The images are already JPEG, so nothing is compressed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from mcap.writer import CompressionType, Writer

from fer_ros import __version__
from fer_ros.core.bags import metadata
from fer_ros.core.bags.facts import schema_of, sealed
from fer_ros.core.bags.mcap_scan import FACTS, LIBRARY
from fer_ros.core.bags.mcap_walk import MAX_RECORD
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, TOPICS, definition
from fer_ros.core.bags.metadata import Part
from fer_ros.core.bags.part import sync_file, whole_or_nothing

SUFFIX, STORAGE = ".mcap", "mcap"
_BLOCK = 1 << 20


class _File:
    """Collects the writer's output and hands it to the operating system as a whole, or not at all."""

    def __init__(self, path: Path) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._pending = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def tell(self) -> int:
        return self._written + len(self._pending)

    def copy(self, target: int) -> None:
        """Write all that was flushed to another open file."""
        at = 0
        while block := os.pread(self.handle, _BLOCK, at):
            at += len(block)
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(target, rest) :]

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
            self._writer.start(profile="ros2", library=f"{LIBRARY} {__version__}")
            self._writer.add_metadata(FACTS, sealed(self._facts))
            self._channels = {topic: self._register(topic, kind) for topic, kind in TOPICS.items()}
            self._file.flush()
        except BaseException:
            self.abandon()
            raise

    def _register(self, topic: str, kind: str) -> int:
        text, digest = definition(kind, schema_of(self._facts))
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
        self._end()
        self.abandon()

    def _end(self) -> None:
        information = metadata.information(STORAGE, [self.part], self._facts)
        self._writer.add_metadata("rosbag2", {"serialized_metadata": metadata.as_yaml(information)})
        self._writer.finish()
        self._file.flush()
        self.sync()

    def rescue(self, target: Path) -> None:
        try:
            # Without its end the file counts as cut off, and is read all the same.
            with contextlib.suppress(OSError):
                self._end()
            with whole_or_nothing(target) as handle:
                self._file.copy(handle)
        finally:
            self.abandon()

    def abandon(self) -> None:
        if self._file.handle >= 0:
            os.close(self._file.handle)
            self._file.handle = -1
