"""Too much, too large, and nonsense: answered or dropped, and the others notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_ros.dashboard.talking import client as clients
from fer_ros.dashboard.talking import protocol

Build = Callable[..., Any]


def test_a_thousand_messages_a_second_end_the_connection_and_nobody_elses(house: Any) -> None:
    async def script(new: Any) -> None:
        loud, calm = await new(), await new(client="client-2")
        await loud.told("welcome")
        with contextlib.suppress(ConnectionError):  # it may be closed while it still sends
            for _ in range(2_000):
                await loud.say("hold")
        assert await loud.ends() == 4429
        assert loud.last("refused")["code"] == "rate"
        assert (await calm.ask("camera.stop"))["ok"]

    house.visit(script)


def test_what_is_a_little_too_fast_is_dropped_and_said(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        for _ in range(180):
            await browser.say("hold")
        assert (await browser.told("error"))["code"] == "rate"
        assert len([m for m in browser.got if m["type"] == "error"]) == 1
        await asyncio.sleep(0.5)
        assert (await browser.ask("camera.stop"))["ok"]

    house.visit(script)


@pytest.mark.parametrize("binary", [False, True])
def test_a_message_that_is_too_large_ends_the_connection(house: Any, binary: bool) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        if binary:
            await browser.socket.send_bytes(bytes(protocol.MAX_BINARY + 1))
        else:
            await browser.socket.send_str(" " * (protocol.MAX_TEXT + 1))
        assert await browser.ends() == 4413
        assert browser.last("refused")["code"] == "size"

    house.visit(script)


def test_who_does_not_read_is_given_up(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MAX_WAITING", 5)

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        house.server.post(lambda: [house.server.hub.tell({"type": "train", "n": n}) for n in range(50)])
        assert await browser.ends() == 4409

    house.visit(script)


def test_requests_that_are_wrong_get_one_sentence_each(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for kind, fields, code in (
            ("unknown", {}, "bad"),
            ("record.start", {}, "bad"),
            ("record.start", {"label": "two\nlines"}, "bad"),
            ("record.discard", {"take": 1}, "failed"),
            ("model.load", {"name": 7}, "bad"),
            ("model.rename", {"name": "default", "new": "mine"}, "failed"),
            ("model.rename", {"name": "../../etc", "new": "mine"}, "failed"),
            ("model.delete", {"name": "nobody"}, "failed"),
            ("model.download", {"name": "nobody"}, "failed"),
            ("train.start", {"scope": "mine"}, "nothing"),
            ("train.start", {"scope": "all"}, "nothing"),
            ("train.start", {"scope": "all", "head": "nobody"}, "failed"),
            ("train.start", {"scope": "all", "name": "../x"}, "failed"),
            ("train.cancel", {}, "failed"),
        ):
            answer = await browser.ask(kind, **fields)
            assert (answer["ok"], answer["code"]) == (False, code), (kind, fields, answer)
            assert answer["message"] and "\n" not in answer["message"] and "Traceback" not in answer["message"]
        await browser.say("hello", version=1, client="client-2", session="20260102-030405")
        assert (await browser.told("error"))["code"] == "bad"

    house.visit(script)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=50) | st.binary(max_size=80), max_size=20))
def test_nonsense_is_answered_or_dropped_and_the_server_goes_on(house: Any, messages: list[str | bytes]) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for message in messages:
            if isinstance(message, bytes):
                await browser.socket.send_bytes(message)
            else:
                await browser.socket.send_str(message.encode(errors="replace").decode())
        assert (await browser.ask("camera.stop"))["ok"]

    house.visit(script)


AIOHTTP = tuple(int(part) for part in aiohttp.__version__.split(".")[:2])
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def test_what_is_no_http_and_no_websocket_is_answered_without_a_word_in_the_log(
    house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for data, answer in (
        (b"\x00\xff" * 500, b" 400 "),
        (b"GET / HTTP/9.9\r\n\r\n", b" 400 "),
        (b"GET / HTTP/1.1\r\n\r\n", b" 400 "),
        (b"GET / HTTP/1.1\r\nHost: " + b"a" * 20_000 + b"\r\n\r\n", b" 400 "),
        # aiohttp before 3.10 ends the connection here, and logs it.
        *([(b"GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n", b" 400 ")] if AIOHTTP >= (3, 10) else []),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b" 404 "),
        (b"POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", b" 405 "),
        (UPGRADE + b"\x81\xff" + b"\xff" * 8, b" 101 "),
        (UPGRADE + b"\xf1\x80" + bytes(4), b" 101 "),
        (UPGRADE + b"\x81\x05hello", b" 101 "),
    ):
        with socket.create_connection(("127.0.0.1", house.server.port), timeout=20) as connection:
            connection.sendall(data)
            assert answer in connection.recv(100), data[:40]

    async def script(new: Any) -> None:
        assert (await (await new()).ask("camera.stop"))["ok"]

    house.visit(script)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
