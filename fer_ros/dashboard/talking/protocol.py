"""The messages of ``docs/dashboard_protocol.md``. Checks what a browser sends, field by field."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_ros.core.base import json_text
from fer_ros.core.base.checks import Check, Record, Rows, Value
from fer_ros.core.base.errors import ConfigError, quoted

VERSION = 1
#: Bytes of a text message and of a binary one at most.
MAX_TEXT, MAX_BINARY = 16_384, 1 << 20
#: Pixels of a phone's picture at most, and pictures a second.
MAX_CAMERA_PIXELS, CAMERA_FPS = 1 << 21, 30
#: What the page is told of them.
LIMITS = {
    "camera_bytes": MAX_BINARY,
    "camera_pixels": MAX_CAMERA_PIXELS,
    "camera_fps": CAMERA_FPS,
    "text_bytes": MAX_TEXT,
}
#: Seconds without a ``hold`` after which a held button counts as let go.
HOLD = 2.0

#: Kind, version, reserved, sequence number, stamp in ms, width, height, reserved; little-endian.
BINARY = struct.Struct("<BBHIdHHI")
PICTURE, CAMERA, FILE = 1, 2, 3
#: Stamps of samples in a request at most; and of those of which pictures are asked for.
MAX_STAMPS, MAX_PICTURES = 500, 32


class ProtocolError(Exception):
    """A message is wrong; ``str(error)`` says how.

    :ivar id: of the request, where it could be read.
    """

    def __init__(self, message: str, id: int | None = None) -> None:
        super().__init__(message)
        self.id = id


def _text(low: int = 0, high: int = 64, **more: Any) -> Value:
    return Value(str, low, high, shown=True, **more)


def _whole(low: int, high: int, **more: Any) -> Value:
    return Value(int, low, high, **more)


def _stamps(most: int, **more: Any) -> Rows:
    return Rows(Value(str, 1, 19, pattern="[0-9]+"), high=most, **more)


_NAME = _text(low=1)
_TAKE = _whole(1, 2**32 - 1)
_TIME = Value(float, 0.0, 1e14)

#: Messages without an answer.
NOTIFICATIONS: Mapping[str, Mapping[str, Check]] = {
    "hello": {
        "version": _whole(1, 1_000_000),
        "token": _text(high=256, default=""),
        "client": _text(low=8, pattern=r"[A-Za-z0-9_-]+"),
        "session": _text(low=15, high=15, pattern=r"[0-9]{8}-[0-9]{6}"),
    },
    "watch": {
        "video": Value(bool),
        "emotions": Value(bool),
        "fps": Value(float, 1.0, 60.0, default=30.0),
    },
    "seen": {"seq": _whole(0, 2**32 - 1)},
    "hold": {},
    "clock.pong": {"n": _whole(0, 2**53), "now": _TIME},
}
#: Messages that are answered by a ``reply``.
REQUESTS: Mapping[str, Mapping[str, Check]] = {
    "record.start": {"label": _NAME, "subject": _text(default="")},
    "record.stop": {},
    "record.discard": {"take": _TAKE},
    "record.revise": {"take": _TAKE, "stamps": _stamps(MAX_STAMPS, default=[]), "label": _text(default="")},
    "record.restore": {"take": _TAKE, "entry": _text(high=128, default="")},
    "samples.list": {"label": _NAME},
    "samples.pictures": {"take": _TAKE, "stamps": _stamps(MAX_PICTURES, low=1)},
    "samples.add": {"label": _NAME, "subject": _text(default=""), "count": _whole(1, 64)},
    "samples.preview": {"count": _whole(1, 16)},
    "samples.alike": {"face": _whole(0, 2**32 - 1, default=0)},
    "photograph": {"face": _whole(0, 2**32 - 1, default=0)},
    "correct": {"label": _NAME, "face": _whole(0, 2**32 - 1, default=0), "subject": _text(default="")},
    "correct.undo": {},
    "label.check": {"label": _NAME},
    "train.start": {
        "scope": _text(choices=("mine", "all")),
        "head": _text(default=""),
        "split": _text(default=""),
        "epochs": _whole(0, 100_000, default=0),
        "learning_rate": Value(float, 0.0, 1.0, default=0.0),
        "batch_fraction": Value(float, 0.0, 1.0, default=0.0),
        "hidden_units": _whole(0, 100_000, default=0),
        "class_weights": Value(bool, default=False),
        "name": _text(default=""),
        "without": Rows(_NAME, high=100, default=[]),
    },
    "train.material": {},
    "train.cancel": {},
    "models.list": {},
    "model.load": {"name": _NAME},
    "model.rename": {"name": _NAME, "new": _NAME},
    "model.delete": {"name": _NAME},
    "model.download": {"name": _NAME, "names": Value(bool, default=False)},
    "project.save": {},
    "project.open": {"name": _NAME},
    "camera.start": {"width": _whole(1, 65_535), "height": _whole(1, 65_535)},
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

    :ivar kind: :data:`CAMERA`, or :data:`FILE`: a part of a file, with its number as ``width`` and all as ``height``.
    :ivar stamp: when it was taken, milliseconds since the epoch by the sender's clock; of a file 0 where unknown.
    """

    kind: int
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
        content = json_text.parse(text, MAX_TEXT)
    except ConfigError as error:
        raise ProtocolError(f"not a message: {error}") from None
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
        return Message(kind, Record(known).check("", content), number)
    except ConfigError as error:
        raise ProtocolError(f"{kind}: {error}", number) from None


def parse_binary(data: bytes) -> Binary:
    """Read the header of a picture of a browser; what is behind it is not looked at.

    :raises ProtocolError: it is no such message.
    """
    if len(data) < BINARY.size:
        raise ProtocolError(f"a binary message has {BINARY.size} bytes or more, not {len(data)}")
    kind, version, _, sequence, stamp, width, height, _ = BINARY.unpack_from(data)
    if kind not in (CAMERA, FILE) or version != VERSION:
        raise ProtocolError(f"a binary message is of kind {CAMERA} or {FILE}, version {VERSION}, not {kind}, {version}")
    if not 0.0 <= stamp <= 1e14:  # NaN is neither
        raise ProtocolError("the picture's stamp is no time in milliseconds since the epoch")
    return Binary(kind, sequence, stamp, width, height, memoryview(data)[BINARY.size :])


def pack_picture(sequence: int, stamp: float, width: int, height: int, data: bytes) -> bytes:
    """A picture to watch as a binary message.

    :param stamp: milliseconds since the epoch.
    """
    size = min(width, 65_535), min(height, 65_535)
    return BINARY.pack(PICTURE, VERSION, 0, sequence & 0xFFFFFFFF, stamp, *size, 0) + data


def encode(message: Mapping[str, Any]) -> str:
    """A message as text. A value that JSON lacks, such as NaN, is our mistake and raises ValueError."""
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
