"""Reads the messages of an MCAP file: all or none of a finished file, and a cut-off one as far as it goes."""

from __future__ import annotations

from collections.abc import Iterator

from mcap.opcode import Opcode
from mcap.records import Channel, Schema
from mcap.writer import MCAP0_MAGIC

from fer_ros.core.bags.facts import unsealed
from fer_ros.core.bags.mcap_walk import PRIVATE, Gap, Record, chunk_records, is_finished, message, parse, walk
from fer_ros.core.bags.messages import TOPICS, check_schema
from fer_ros.core.bags.part import Scan
from fer_ros.core.base.errors import ConfigError, FerError, quoted, reason

#: Name of the record with the bag's facts, at the beginning of each file so that a cut-off bag has them too.
FACTS = "fer_ros"
#: What the header of our own files begins by.
LIBRARY = "fer_ros"


def scan(state: Scan) -> Iterator[tuple[str, bytes]]:
    """The messages of our topics in a file, as topic and CDR, in the order of the file.

    :raises ConfigError: damaged, or a type has other fields than ours.
    """
    with state.path.open("rb") as file:
        state.cut = not is_finished(file)
        file.seek(0)
        # After a loss of power a file may end in zeros, from any byte on.
        if not MCAP0_MAGIC.startswith(file.read(len(MCAP0_MAGIC)).rstrip(b"\0")):
            raise state.damaged("it does not begin like an MCAP file")
        messages = _Messages(state)
        gap: Gap | None = None
        for record in walk(file):
            if gap is None and isinstance(record, Gap):
                gap = record
                if not state.cut:
                    break
            elif isinstance(record, Record):
                if gap is not None:
                    break
                try:
                    yield from messages.of(record)
                except FerError:
                    raise
                except Exception as error:
                    # See mcap_walk: the library and the decompressors raise errors of any type.
                    gap = Gap(record.at, record.at, reason(error))
                    if not state.cut:
                        break
        else:
            messages.check(cut=state.cut)
            return
        raise state.damaged(f"at byte {gap.at}: {gap.why}")


class _Messages:
    """Takes the records of a file in turn and gives the messages in them."""

    def __init__(self, state: Scan) -> None:
        self.state = state
        self.state.checked = True
        self.ours = False
        self.schemas: dict[int, Schema] = {}
        self.channels: dict[int, Channel] = {}
        self.topics: dict[int, str] = {}
        self.seen: dict[int, int] = {}
        self.stated: dict[int, int] | None = None

    def of(self, record: Record) -> Iterator[tuple[str, bytes]]:
        """The messages in a record.

        :raises Exception: it is damaged; see :func:`fer_ros.core.bags.mcap_walk.chunk_records`.
        """
        if record.opcode == Opcode.CHUNK:
            checked = bool(record.parsed.uncompressed_crc)
            if self.ours and not checked:
                raise ValueError("a chunk has no checksum")
            for opcode, content in chunk_records(record.parsed):
                yield from self._inner(opcode, content, checked)
        elif record.opcode == Opcode.HEADER:
            self.ours = record.parsed.library.startswith(LIBRARY)
        elif record.opcode == Opcode.METADATA and record.parsed.name == FACTS:
            self.state.facts, _ = unsealed(record.parsed.metadata)
        elif record.opcode == Opcode.STATISTICS:
            self.stated = dict(record.parsed.channel_message_counts)
        elif self.ours and (record.opcode >= PRIVATE or record.opcode == Opcode.MESSAGE):
            # We write neither: it was something else.
            raise ValueError("a record has changed its kind")
        else:
            yield from self._inner(record.opcode, record.content, checked=False)

    def _inner(self, opcode: int, content: bytes, checked: bool) -> Iterator[tuple[str, bytes]]:
        if opcode == Opcode.MESSAGE:
            number, _, logged, _, data = message(content)
            if number not in self.channels:
                raise ValueError("a message of an unknown topic")
            self.seen[number] = self.seen.get(number, 0) + 1
            self.state.count(self.channels[number].topic, logged)
            topic = self.topics.get(number)
            if topic is not None:
                self.state.checked &= checked
                yield topic, data
        elif opcode == Opcode.SCHEMA:
            schema = parse(opcode, content)
            if self.schemas.setdefault(schema.id, schema) != schema:
                raise ValueError("two definitions have the same number")
        elif opcode == Opcode.CHANNEL:
            self._channel(parse(opcode, content))

    def _channel(self, channel: Channel) -> None:
        known = self.channels.setdefault(channel.id, channel)
        if known is not channel:
            if known != channel:
                raise ValueError("two topics have the same number")
            return
        schema = self.schemas.get(channel.schema_id)
        kind = schema.name if schema else ""
        if TOPICS.get(channel.topic) == kind and schema is not None:
            check_schema(self.state.path, kind, schema.encoding, schema.data.decode("utf-8"))
            if channel.message_encoding != "cdr":
                encoding = quoted(channel.message_encoding)
                raise ConfigError(f"{self.state.path}: encoding {encoding} is not known: record with `fer record`")
            self.topics[channel.id] = channel.topic
        self.state.topics[channel.topic] = kind
        self.state.qos[channel.topic] = channel.metadata.get("offered_qos_profiles", "")

    def check(self, cut: bool) -> None:
        """Compare the counts with the summary: damage to a record's kind makes the reader skip it silently.

        :raises ConfigError: messages are missing.
        """
        if not cut and self.stated is not None and any(self.seen.get(c, 0) != n for c, n in self.stated.items()):
            raise self.state.damaged("messages are missing")
