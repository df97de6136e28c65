"""What a browser may send; hostile text and bytes are answered by one kind of error."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.checks import Rows, Value
from fer_ros.dashboard.talking.protocol import (
    BINARY,
    CAMERA,
    FILE,
    NOTIFICATIONS,
    PICTURE,
    REQUESTS,
    ProtocolError,
    encode,
    pack_picture,
    parse,
    parse_binary,
)

GOOD: dict[str, dict[str, Any]] = {
    "hello": {"version": 1, "client": "abcdefgh", "session": "20260102-030405"},
    "watch": {"video": True, "emotions": False},
    "seen": {"seq": 3},
    "hold": {},
    "clock.pong": {"n": 1, "now": 1.7e12},
    "record.start": {"label": "none of these"},
    "record.stop": {},
    "record.discard": {"take": 3},
    "record.revise": {"take": 3, "stamps": ["1763721600000000001"], "label": "sad"},
    "record.restore": {"take": 3, "entry": "bag-3"},
    "samples.list": {"label": "sad"},
    "samples.pictures": {"take": 3, "stamps": ["1"]},
    "samples.add": {"label": "sad", "subject": "Kim", "count": 3},
    "samples.preview": {"count": 3},
    "samples.alike": {"face": 3},
    "photograph": {"face": 3},
    "label.check": {"label": "윙크"},
    "correct": {"label": "sad", "face": 3, "subject": "Kim"},
    "correct.undo": {},
    "train.start": {"scope": "mine", "without": ["fear"], "class_weights": True, "learning_rate": 0.01},
    "train.material": {},
    "train.cancel": {},
    "models.list": {},
    "model.load": {"name": "default"},
    "model.rename": {"name": "a", "new": "b"},
    "model.delete": {"name": "a"},
    "model.download": {"name": "a", "names": True},
    "project.save": {},
    "project.open": {"name": "phone.zip"},
    "camera.start": {"width": 640, "height": 480},
    "camera.stop": {},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_every_message_of_the_protocol_is_tried() -> None:
    assert set(GOOD) == {*NOTIFICATIONS, *REQUESTS}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_message_is_read(kind: str) -> None:
    message = parse(json.dumps({"type": kind, "id": 7, "unknown": [1], **GOOD[kind]}))
    assert message.type == kind and message.id == (7 if kind in REQUESTS else None)
    assert {**message.fields, **GOOD[kind]} == message.fields
    assert set(message.fields) == set({**NOTIFICATIONS, **REQUESTS}[kind])


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_field_of_a_wrong_type_is_refused(kind: str, data: st.DataObject) -> None:
    fields = {**NOTIFICATIONS, **REQUESTS}[kind]
    if not fields:
        return
    name = data.draw(st.sampled_from(sorted(fields)))
    value = data.draw(JSON)
    content = {"type": kind, "id": 1, **GOOD[kind], name: value}
    try:
        message = parse(json.dumps(content))
    except ProtocolError as error:
        assert len(str(error)) < 400 and "\n" not in str(error)
        return
    field = fields[name]
    if isinstance(field, Rows):
        assert len(message[name]) <= field.high and all(isinstance(row, str) for row in message[name])
        return
    assert isinstance(field, Value)
    assert isinstance(message[name], field.kind) or (value is None and message[name] == field.default)
    if isinstance(message[name], str):
        message[name].encode()
        low, high = field.low or 0, field.high or 0
        assert low <= len(message[name]) <= high or message[name] == field.default


@given(st.text() | JSON.map(json.dumps))
def test_any_other_text_is_no_message(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        '{"type":' * 2_000,
        '{"type": "watch", "video": true, "emotions": true, "fps": NaN}',
        '{"type": "watch", "video": true, "emotions": true, "fps": 1e999}',
        '{"type": "watch", "video": 1, "emotions": true}',
        '{"type": "seen", "seq": true}',
        '{"type": "seen", "seq": ' + "9" * 4_000 + "}",
        '{"type": "record.start", "id": 1, "label": "\\ud800"}',
        '{"type": "record.start", "id": 1, "label": "a\\u0000b"}',
        '{"type": "record.start", "label": "happy"}',
        '{"type": "record.start", "id": 1.5, "label": "happy"}',
        '{"type": "record.revise", "id": 1, "take": 1, "stamps": ["-1"]}',
        '{"type": "record.revise", "id": 1, "take": 1, "stamps": ["\\u0661"]}',
        '{"type": "record.revise", "id": 1, "take": 1, "stamps": [' + ", ".join(['"1"'] * 501) + "]}",
        '{"type": "samples.pictures", "id": 1, "take": 1, "stamps": []}',
        '{"type": "samples.add", "id": 1, "label": "happy", "count": 65}',
        '{"type": "hello", "version": 1, "client": "../../etc", "session": "20260102-030405"}',
        '{"type": "hello", "version": 1, "client": "abcdefgh", "session": "20260102-03040\\u0665"}',
    ],
)
def test_what_is_meant_to_do_harm(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse(text)


def test_the_error_of_a_request_names_its_id() -> None:
    with pytest.raises(ProtocolError, match="scope") as caught:
        parse('{"type": "train.start", "id": 12, "scope": "theirs"}')
    assert caught.value.id == 12


def test_a_picture_to_watch_has_the_documented_header() -> None:
    data = pack_picture(5, 1234.5, 640, 480, b"jpeg")
    assert struct.unpack_from("<BBHIdHHI", data) == (PICTURE, 1, 0, 5, 1234.5, 640, 480, 0)
    assert BINARY.size == 24 and data[24:] == b"jpeg"


def test_a_picture_of_a_phone_is_read() -> None:
    picture = parse_binary(BINARY.pack(CAMERA, 1, 0, 9, 1.7e12, 64, 48, 0) + b"jpeg")
    assert (picture.kind, picture.sequence, picture.stamp) == (CAMERA, 9, 1.7e12)
    assert (picture.width, picture.height) == (64, 48)
    assert bytes(picture.data) == b"jpeg"


@given(st.binary(max_size=60))
def test_any_other_bytes_are_no_picture(data: bytes) -> None:
    if len(data) >= BINARY.size and data[0] in (CAMERA, FILE) and data[1] == 1:
        return
    with pytest.raises(ProtocolError):
        parse_binary(data)


@pytest.mark.parametrize("stamp", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_stamp_that_is_no_time_is_refused(stamp: float) -> None:
    with pytest.raises(ProtocolError, match="stamp"):
        parse_binary(BINARY.pack(CAMERA, 1, 0, 9, stamp, 64, 48, 0))


def test_what_json_cannot_say_is_never_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode({"type": "stats", "rate": float("nan")})
