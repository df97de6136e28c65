"""Walks through the records of an MCAP file, past damage. The format: https://mcap.dev/spec."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.stream_reader import CRCValidationError, get_chunk_data_stream
from mcap.writer import MCAP0_MAGIC

from fer_ros.core.base.errors import reason

#: Bytes of a record or chunk from which a file counts as a mistake or an attack.
MAX_RECORD = 1 << 28
_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
#: The first opcode that the format leaves to everybody.
PRIVATE = 0x80
_PARSERS: dict[int, Callable[[ReadDataStream], Any]] = {
    Opcode.HEADER: Header.read,
    Opcode.FOOTER: Footer.read,
    Opcode.SCHEMA: Schema.read,
    Opcode.CHANNEL: Channel.read,
    Opcode.CHUNK: Chunk.read,
    Opcode.MESSAGE_INDEX: MessageIndex.read,
    Opcode.CHUNK_INDEX: ChunkIndex.read,
    Opcode.ATTACHMENT: Attachment.read,
    Opcode.ATTACHMENT_INDEX: AttachmentIndex.read,
    Opcode.STATISTICS: Statistics.read,
    Opcode.METADATA: Metadata.read,
    Opcode.METADATA_INDEX: MetadataIndex.read,
    Opcode.SUMMARY_OFFSET: SummaryOffset.read,
    Opcode.DATA_END: DataEnd.read,
}
#: Where a record may begin again behind damage: a chunk, or the end of the data. The upper bytes of lengths are zeros.
_AGAIN = re.compile(rb"\x06[\s\S]{3}[\x00-\x10]\0\0\0\0|\x0f\x04\0\0\0\0\0\0\0")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A record that is whole.

    :ivar at: its first byte.
    :ivar parsed: as the library ``mcap`` has it; None for messages and private kinds.
    """

    at: int
    opcode: int
    content: bytes
    parsed: Any = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no record, from ``at`` to before ``end``, and why."""

    at: int
    end: int
    why: str


def is_finished(file: IO[bytes]) -> bool:
    """Whether the file ends with the mark of a finished one."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - len(MCAP0_MAGIC)))
    return size >= 2 * len(MCAP0_MAGIC) and file.read() == MCAP0_MAGIC


def walk(file: IO[bytes]) -> Iterator[Record | Gap]:
    """The records of a file and the gaps between them, in their order; every byte but the marks is in one of them.

    :raises OSError: it cannot be read.
    """
    finished = is_finished(file)
    end = file.seek(0, io.SEEK_END) - (len(MCAP0_MAGIC) if finished else 0)
    at = len(MCAP0_MAGIC)
    while at < end:
        record = _record(file, at, end)
        if isinstance(record, Gap):
            # What is damaged inside ends where it says; where its head is, the next record must be looked for.
            if record.end > at and (record.end == end or isinstance(_record(file, record.end, end), Record)):
                following = record.end
            else:
                following = _again(file, at + 1, end)
            yield Gap(at, following, record.why)
            at = following
        else:
            yield record
            at += _HEAD.size + len(record.content)


def chunk_records(chunk: Chunk) -> list[tuple[int, bytes]]:
    """Kind and content of the records in a chunk, all or none.

    :raises Exception: it has changed, or ends in the middle of a record: errors of any type, as decompressors raise.
    """
    if chunk.uncompressed_size > MAX_RECORD:
        raise ValueError("a chunk is too large")
    try:
        stream, size = get_chunk_data_stream(chunk, validate_crc=True)
    except CRCValidationError as error:
        raise ValueError("its checksum is wrong") from error
    data = stream.read(size)
    if len(data) != chunk.uncompressed_size:
        raise ValueError("a chunk is shorter than it says")
    records, at = [], 0
    while at < size:
        opcode, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        known = opcode in (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.MESSAGE) or opcode >= PRIVATE
        if length > size - at or not known:
            raise ValueError("a chunk holds a damaged record")
        records.append((opcode, data[at : at + length]))
        at += length
    return records


def parse(opcode: int, content: bytes) -> Any:
    """A record as the library has it; None for messages and private kinds.

    :raises Exception: it is damaged: errors of any type, as the library raises.
    """
    if opcode not in _PARSERS:
        return None
    stream = ReadDataStream(io.BytesIO(content))
    parsed = _PARSERS[opcode](stream)
    # Otherwise a changed length would swallow whole records behind it.
    if stream.count != len(content):
        raise ValueError("a record is longer than what it holds")
    if opcode == Opcode.ATTACHMENT:
        stated = int.from_bytes(content[-4:], "little")
        if stated and stated != zlib.crc32(content[:-4]):
            raise ValueError("an attachment has changed")
    return parsed


def message(content: bytes) -> tuple[int, int, int, int, bytes]:
    """Channel, sequence, the times of logging and publishing (nanoseconds) and the data of a message.

    :raises struct.error: it is too short.
    """
    channel, sequence, logged, published = _MESSAGE.unpack_from(content)
    return channel, sequence, logged, published, content[_MESSAGE.size :]


def _record(file: IO[bytes], at: int, end: int) -> Record | Gap:
    file.seek(at)
    head = file.read(min(_HEAD.size, end - at))
    if len(head) < _HEAD.size:
        return Gap(at, at, "the file ends in the middle of a record")
    opcode, length = _HEAD.unpack(head)
    if not (0 < opcode <= Opcode.DATA_END or opcode >= PRIVATE):
        return Gap(at, at, "no record begins there")
    if length > min(MAX_RECORD, end - at - _HEAD.size):
        return Gap(at, at, "the file ends in the middle of a record")
    content = file.read(length)
    try:
        return Record(at, opcode, content, parse(opcode, content))
    except Exception as error:
        # A damaged record makes the library raise what it does not list: struct, Unicode, value and index errors.
        return Gap(at, at + _HEAD.size + length, reason(error))


def _again(file: IO[bytes], at: int, end: int) -> int:
    """Where the next verifiable record begins: a chunk with a right checksum, or the end of the data."""
    # A hostile file could make every byte look like the head of a large chunk.
    budget = 4 * end + 8 * _BLOCK
    while at < end:
        file.seek(at)
        block = file.read(min(_BLOCK, end - at))
        for found in _AGAIN.finditer(block):
            candidate = _record(file, at + found.start(), end)
            if isinstance(candidate, Gap):
                budget -= candidate.end - candidate.at if candidate.end > candidate.at else _HEAD.size
            elif _proves_itself(file, candidate, end):
                return candidate.at
            else:
                budget -= len(candidate.content)
            if budget < 0:
                return end
        if at + len(block) >= end:
            return end
        at += len(block) - _HEAD.size
    return end


def _proves_itself(file: IO[bytes], record: Record, end: int) -> bool:
    if record.opcode == Opcode.CHUNK:
        try:
            chunk_records(record.parsed)
        except Exception:
            return False
        return bool(record.parsed.uncompressed_crc)
    following = record.at + _HEAD.size + len(record.content)
    return following == end or isinstance(_record(file, following, end), Record)
