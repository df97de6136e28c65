"""The messages of ``docs/dashboard_protocol.md``: what a browser sends is checked here, field by field."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_ros.core.base.errors import quoted

VERSION = 1
#: Bytes of a text message and of a binary one at most.
MAX_TEXT, MAX_BINARY = 16_384, 1 << 20
#: Pixels of a phone's picture at most, and pictures a second.
MAX_CAMERA_PIXELS, CAMERA_FPS = 1 << 21, 30
#: Seconds without a ``hold`` after which a held button counts as let go.
HOLD = 2.0

#: Kind, version, reserved, sequence number, stamp in ms, width, height, reserved; little-endian.
BINARY = struct.Struct("<BBHIdHHI")
PICTURE, CAMERA = 1, 2


class ProtocolError(Exception):
    """A message is not as it should be; ``str(error)`` says what is wrong.

    :ivar id: of the request, where it could be read.
    """

    def __init__(self, message: str, id: int | None = None) -> None:
        super().__init__(message)
        self.id = id


@dataclass(frozen=True, slots=True)
class Field:
    """What a field may hold.

    :ivar kind: str, int, float or bool; a float may be written as an integer.
    :ivar default: None where it must be given.
    :ivar low: of a number; of a text, its fewest characters. ``high`` likewise.
    :ivar pattern: that a text must match as a whole.
    """

    kind: type
    default: Any = None
    low: float = 0
    high: float = 64
    pattern: str = ""
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> Any:
        """The value.

        :raises ProtocolError: it is not allowed.
        """
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
            value = float(value)
        if not isinstance(value, self.kind) or (isinstance(value, bool) and self.kind is not bool):
            raise ProtocolError(f"{name} must be of type {self.kind.__name__}, got {quoted(value)}")
        if isinstance(value, str):
            self._check_text(name, value)
        elif isinstance(value, (int, float)) and self.kind is not bool and not self.low <= value <= self.high:
            raise ProtocolError(f"{name} must be from {self.low:g} to {self.high:g}, got {quoted(value)}")
        return value

    def _check_text(self, name: str, value: str) -> None:
        if not self.low <= len(value) <= self.high:
            raise ProtocolError(f"{name} must have {self.low:g} to {self.high:g} characters, not {len(value)}")
        if not value.isprintable() or not _encodable(value):
            raise ProtocolError(f"{name} holds characters that cannot be shown: {quoted(value)}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise ProtocolError(f"{name} is not allowed: {quoted(value)}")
        if self.choices and value not in self.choices:
            raise ProtocolError(f"{name} must be one of {', '.join(self.choices)}, got {quoted(value)}")


_NAME = Field(str, low=1)
_TIME = Field(float, low=0.0, high=1e14)

#: Messages without an answer.
NOTIFICATIONS: Mapping[str, Mapping[str, Field]] = {
    "hello": {
        "version": Field(int, low=1, high=1_000_000),
        "token": Field(str, default="", high=256),
        "client": Field(str, low=8, pattern=r"[A-Za-z0-9_-]+"),
        "session": Field(str, low=15, high=15, pattern=r"[0-9]{8}-[0-9]{6}"),
    },
    "watch": {
        "video": Field(bool),
        "emotions": Field(bool),
        "fps": Field(float, default=30.0, low=1.0, high=60.0),
    },
    "seen": {"seq": Field(int, low=0, high=2**32 - 1)},
    "hold": {},
    "clock.pong": {"n": Field(int, low=0, high=2**53), "now": _TIME},
}
#: Messages that are answered by a ``reply``.
REQUESTS: Mapping[str, Mapping[str, Field]] = {
    "record.start": {"label": _NAME, "subject": Field(str, default="", high=64)},
    "record.stop": {},
    "record.discard": {"take": Field(int, low=1, high=2**32 - 1)},
    "labels.add": {"label": _NAME},
    "train.start": {
        "scope": Field(str, choices=("mine", "all")),
        "head": Field(str, default="", high=64),
        "epochs": Field(int, default=0, high=100_000),
        "name": Field(str, default="", high=64),
    },
    "train.cancel": {},
    "models.list": {},
    "model.load": {"name": _NAME},
    "model.rename": {"name": _NAME, "new": _NAME},
    "model.delete": {"name": _NAME},
    "model.download": {"name": _NAME},
    "camera.start": {"width": Field(int, low=1, high=65_535), "height": Field(int, low=1, high=65_535)},
    "camera.stop": {},
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a browser, checked.

    :ivar id: of a request; None for a notification.
    """

    type: str
    fields: Mapping[str, Any]
    id: int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class Binary:
    """A picture with its header.

    :ivar stamp: when it was taken, milliseconds since the epoch by the sender's clock.
    """

    sequence: int
    stamp: float
    width: int
    height: int
    data: memoryview


def parse(text: str) -> Message:
    """Read a text message.

    :raises ProtocolError: it is not one of those above, or one of its fields is not allowed.
    """
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ProtocolError("not a message: JSON is expected") from None
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise ProtocolError("not a message: an object with the text 'type' is expected")
    kind = content["type"]
    known = NOTIFICATIONS.get(kind)
    number = None
    if known is None:
        given = content.get("id")
        if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**53:
            number = given
        known = REQUESTS.get(kind)
        if known is None:
            raise ProtocolError(f"type {quoted(kind)} is not known", number)
        if number is None:
            raise ProtocolError(f"{kind} needs the whole number 'id'")
    try:
        return Message(kind, {name: _field(name, field, content) for name, field in known.items()}, number)
    except ProtocolError as error:
        raise ProtocolError(f"{kind}: {error}", number) from None


def parse_binary(data: bytes) -> Binary:
    """Read the header of a phone's picture; the JPEG behind it is not looked at.

    :raises ProtocolError: it is no such message.
    """
    if len(data) < BINARY.size:
        raise ProtocolError(f"a binary message has {BINARY.size} bytes or more, not {len(data)}")
    kind, version, _, sequence, stamp, width, height, _ = BINARY.unpack_from(data)
    if kind != CAMERA or version != VERSION:
        raise ProtocolError(f"a binary message is of kind {CAMERA}, version {VERSION}, not {kind}, {version}")
    if not 0.0 <= stamp <= 1e14:  # NaN is neither
        raise ProtocolError("the picture's stamp is no time in milliseconds since the epoch")
    return Binary(sequence, stamp, width, height, memoryview(data)[BINARY.size :])


def pack_picture(sequence: int, stamp: float, width: int, height: int, data: bytes) -> bytes:
    """A picture to watch as a binary message.

    :param stamp: milliseconds since the epoch.
    """
    size = min(width, 65_535), min(height, 65_535)
    return BINARY.pack(PICTURE, VERSION, 0, sequence & 0xFFFFFFFF, stamp, *size, 0) + data


def encode(message: Mapping[str, Any]) -> str:
    """A message as text; what JSON cannot say, such as NaN, is a mistake of ours and raises ValueError."""
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _field(name: str, field: Field, content: Mapping[str, Any]) -> Any:
    value = content.get(name)
    if value is None:
        if field.default is None:
            raise ProtocolError(f"{name} is missing")
        return field.default
    return field.check(name, value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _no_constant(name: str) -> float:
    raise ValueError(name)
