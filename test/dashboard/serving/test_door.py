"""Half-open connections, silent ones and too many of them: none keeps a newcomer out or the robot short of files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from fer_ros.dashboard.serving import door
from fer_ros.dashboard.serving.listening import group, listening
from fer_ros.dashboard.talking import client as talking_client
from fer_ros.dashboard.talking import connection
from fer_ros.dashboard.talking.protocol import BINARY, CAMERA, VERSION

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Wait: "
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
Build = Callable[..., Any]


@pytest.fixture
def strangers() -> Iterator[Callable[..., socket.socket]]:
    """``strangers(port, origin, data)``: a connection from an address of this machine that says so much and no more."""
    with contextlib.ExitStack() as opened:

        def new(port: int, origin: str, data: bytes) -> socket.socket:
            made = opened.enter_context(socket.create_connection(("127.0.0.1", port), 10, (origin, 0)))
            made.sendall(data)
            return made

        yield new


def ended(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side closes within this time."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def refused(house: Any) -> dict[str, int]:
    return dict(house.server.refused)


async def comes_in(new: Any) -> None:
    browser = await new(client="newcomer")
    await browser.told("welcome")
    assert (await browser.ask("camera.stop"))["ok"]


def test_a_crowd_from_elsewhere_keeps_no_newcomer_out(house: Any, strangers: Any) -> None:
    for number in range(200):
        strangers(house.server.port, f"127.0.0.{2 + number % 5}", HALF if number % 2 else UPGRADE)
    began = time.monotonic()
    house.visit(comes_in)
    assert time.monotonic() - began < 15
    assert len(house.server.door._visitors) <= door.STRANGERS
    assert sum(refused(house).values()) >= 200 - door.STRANGERS


def test_a_crowd_from_the_same_address_keeps_no_newcomer_out(house: Any, strangers: Any) -> None:
    for number in range(60):
        strangers(house.server.port, "127.0.0.1", HALF if number % 2 else UPGRADE)
    house.visit(comes_in)
    assert len(house.server.door._visitors) <= door.PER_ADDRESS


def test_the_fullest_address_gives_way(house: Any, strangers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STRANGERS", 6)
    lonely = strangers(house.server.port, "127.0.0.9", HALF)
    crowd = [strangers(house.server.port, "127.0.0.2", HALF) for _ in range(5)]
    house.visit(comes_in)
    assert ended(crowd[0], 10) and refused(house)["too many connections"] >= 1
    assert not ended(lonely, 0.1)


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"", "nothing"), (HALF, "half a header"), (UPGRADE, "no hello"), (b"GET / HTTP/1.1\r\n", "a line")],
)
def test_who_says_nothing_is_ended(
    build: Build, strangers: Any, monkeypatch: pytest.MonkeyPatch, data: bytes, what: str
) -> None:
    monkeypatch.setattr(door, "HEADER", 0.3)
    monkeypatch.setattr(connection, "HELLO", 0.3)
    monkeypatch.setattr(connection, "REFUSING", 0.3)
    house = build()
    assert ended(strangers(house.server.port, "127.0.0.1", data), 20), what
    assert refused(house)


def test_a_header_that_drips_is_ended(build: Build, strangers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HEADER", 0.3)
    drips = strangers(build().server.port, "127.0.0.1", HALF)
    deadline = time.monotonic() + 90
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            drips.sendall(b"x")
            time.sleep(0.05)
    assert time.monotonic() < deadline


def test_a_body_that_nobody_wants_is_not_waited_for(
    build: Build, strangers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BODY", 0.2)
    waits = strangers(
        build().server.port, "127.0.0.1", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"
    )
    assert ended(waits, 20)


def test_half_a_handshake_is_ended(build: Build, strangers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HANDSHAKE", 0.3)
    monkeypatch.setattr(door, "HEADER", 0.3)
    house = build(self_signed=True)
    assert ended(strangers(house.server.port, "127.0.0.1", b"\x16\x03\x01"), 20)
    assert ended(strangers(house.server.port, "127.0.0.1", HALF), 20)  # no TLS at all
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(strangers(house.server.port, "127.0.0.1", b"")) as secure:
        secure.sendall(HALF)
        assert ended(secure, 20)  # a handshake, and then half a header

    async def look() -> None:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"https://127.0.0.1:{house.server.port}/healthz", ssl=False)
            assert await answer.text() == "ok\n"

    asyncio.run(look())
    assert sum(refused(house).values()) >= 3


def test_connections_leave_descriptors_to_the_robot(house: Any, strangers: Any) -> None:
    usual, house.server.door._highest = house.server.door._highest, 3  # as if all but the first were taken
    assert 0 < usual < resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert all(ended(strangers(house.server.port, "127.0.0.1", b""), 10) for _ in range(5))
    assert refused(house) == {"too few descriptors": 5}
    house.server.door._highest = usual
    house.visit(comes_in)


def test_a_crowd_of_connections_a_second_is_turned_away(
    house: Any, strangers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BURST", 3)
    monkeypatch.setattr(door, "RATE", 0.001)
    last = [strangers(house.server.port, "127.0.0.3", b"") for _ in range(6)][-1]
    assert ended(last, 10)
    assert refused(house)["too many connections a second"] >= 3
    house.visit(comes_in)


def test_who_floods_without_reading_still_hears_why_it_ends(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (talking_client, connection):
        monkeypatch.setattr(module, "CLOSING", 0.3)

    async def script(new: Any) -> None:
        loud = await new()
        await loud.told("welcome")
        loud.reading.cancel()
        await asyncio.wait({loud.reading})
        until = time.monotonic() + 0.6  # longer than closing takes otherwise
        while time.monotonic() < until:
            await loud.say("hold")
        async for _ in loud.socket:
            pass
        assert loud.socket.close_code == 4429

    house.visit(script)


def frame(data: bytes, opcode: int, length: int | None = None) -> bytes:
    """A frame of a client, masked with zeros, that says it has ``length`` bytes."""
    return bytes([0x80 | opcode, 0xFF]) + struct.pack(">QI", len(data) if length is None else length, 0) + data


@pytest.mark.parametrize("floods", [True, False])
def test_who_reads_nothing_at_all_is_cut_off_in_time(
    house: Any, strangers: Any, monkeypatch: pytest.MonkeyPatch, floods: bool
) -> None:
    """Our words stay in the buffer, so that neither they nor closing ever come to an end."""
    for module in (talking_client, connection):
        monkeypatch.setattr(module, "REFUSING", 0.3)
        monkeypatch.setattr(module, "CLOSING", 0.3)
    deaf = strangers(house.server.port, "127.0.0.1", UPGRADE)
    hello = {"type": "hello", "version": VERSION, "client": "deaf-one", "session": "20260102-030405"}
    assert b"101" in deaf.recv(1_000)
    deaf.sendall(frame(json.dumps(hello).encode(), 1))
    deadline = time.monotonic() + 90
    stuffed: list[asyncio.Transport] = []

    def stuff() -> None:
        for client in house.server.hub:
            client.tell({"type": "much", "text": "x" * 30_000_000})
            if not floods:
                asyncio.get_running_loop().call_later(0.5, client.refuse, "slow", "it does not read")
            stuffed.append(client.transport)

    while not house.server.hub:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    house.server.post(stuff)
    while not any(transport.get_write_buffer_size() for transport in stuffed):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    picture = frame(BINARY.pack(CAMERA, VERSION, 0, 1, 0.0, 64, 48, 0) + bytes(10_000), 2)
    if floods:
        deaf.settimeout(20)
        with pytest.raises(ConnectionError):
            while time.monotonic() < deadline:
                deaf.sendall(picture)
    while any(transport.get_write_buffer_size() for transport in stuffed):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert all(transport.is_closing() for transport in stuffed)


def test_a_large_picture_counts_for_more(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PICTURE", 1_000)

    async def script(new: Any) -> None:
        loud = await new()
        await loud.told("welcome")
        await loud.send_picture(bytes(200_000))
        assert await loud.ends() == 4429

    house.visit(script)


def test_little_may_be_said_before_hello(house: Any, strangers: Any) -> None:
    loud = strangers(house.server.port, "127.0.0.1", UPGRADE)
    assert b"101" in loud.recv(1_000)
    with contextlib.suppress(ConnectionError):
        loud.sendall(frame(bytes(200_000), 1, 1 << 20))
    assert ended(loud, 20)
    assert refused(house)["too much before hello"] == 1


def test_addresses_are_counted_by_who_can_have_them() -> None:
    assert group("192.0.2.7") == group("::ffff:192.0.2.7") == "192.0.2.7"
    assert group("2001:db8::1") == group("2001:db8::ffff:1:2") == "2001:db8::/64"
    assert group("fe80::1%eth0") == "fe80::/64" and group("") == ""


def test_every_address_of_a_host_is_listened_on_and_a_taken_port_is_an_error() -> None:
    places = listening("localhost", 0)
    try:
        assert len({place.getsockname()[1] for place in places}) == 1
        with pytest.raises(OSError):
            listening("localhost", places[0].getsockname()[1])
    finally:
        for place in places:
            place.close()
    with pytest.raises(OSError):
        listening("192.0.2.1", 0)
