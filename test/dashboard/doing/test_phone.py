"""A browser lends its camera: from its WebSocket to the frames of the real source, and what is refused on the way."""

from __future__ import annotations

import asyncio
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.types import Frame
from fer_ros.core.capture import browser_link
from fer_ros.core.capture.capture import Capture
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.dashboard.doing import phone
from fer_ros.dashboard.talking.protocol import MAX_BINARY
from fer_ros.plugins.sources.browser import BrowserSource

GREY = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))


async def lend(browser: Any) -> None:
    """Become the camera."""
    answer = await browser.ask("camera.start", width=64, height=48)
    assert answer["ok"], answer


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str, /) -> None:
        self.lines.append(message)

    warning = error = info


class Studio:
    """The source as a camera node reads it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.log = Log()
        self.capture = Capture(BrowserSource(), self.frames.append, self.log)
        self.capture.start(wait=3.0)


@pytest.fixture
def studio(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    # A busy machine may be slow to open the source.
    for name in ("FIND", "GREETING"):
        monkeypatch.setattr(phone, name, 60.0)
    studio = Studio()
    yield studio
    studio.capture.stop(5.0)


def test_pictures_become_frames_with_stamps_of_our_clock(house: Any, studio: Studio) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        browser.skew = -3_600_000.0
        await browser.until(lambda: sum(m["type"] == "clock.ping" and (m["offset"] or 0) < -1e6 for m in browser.got))
        await lend(browser)
        assert (await other.ask("camera.start", width=64, height=48))["code"] == "busy"
        await other.told("camera", sender="other")
        before = time.time_ns()
        for number in range(1, 6):
            await browser.send_picture(GREY, seq=number)
            await browser.until(lambda n=number: browser.last("camera.taken").get("seq") == n)
            await browser.until(lambda n=number: len(studio.frames) == n)
        assert [frame.image.shape for frame in studio.frames] == [(48, 64, 3)] * 5
        stamps = [frame.stamp for frame in studio.frames]
        assert stamps == sorted(set(stamps))
        assert before - 1_000_000_000 <= stamps[0] and stamps[-1] <= time.time_ns()
        await browser.told("camera", sender="me")
        assert (await browser.ask("camera.stop"))["ok"]
        await other.told("camera", sender=None)
        await lend(other)
        await other.send_picture(GREY)
        await other.until(lambda: len(studio.frames) == 6)

    house.visit(script)


def test_the_camera_is_free_again_when_the_phone_has_gone(house: Any, studio: Studio) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        await lend(browser)
        await browser.send_picture(GREY)
        await browser.until(lambda: studio.frames)
        await browser.socket.close()
        await other.until(lambda: any("stopped lending" in line for line in studio.log.lines))
        await lend(other)

    house.visit(script)


def bomb() -> bytes:
    """A JPEG whose header says 60000x60000."""
    at = GREY.index(b"\xff\xc0")
    return GREY[: at + 5] + struct.pack(">HH", 60_000, 60_000) + GREY[at + 9 :]


@pytest.mark.parametrize(
    ("data", "width", "height", "complaint"),
    [
        (b"hello", 64, 48, "no JPEG"),
        (b"", 64, 48, "no JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 64, 48, "no JPEG"),
        (GREY[:-200], 64, 48, "cut off"),
        (b"\xff\xd8\xff" + bytes(50) + b"\xff\xd9", 64, 48, "damaged"),
        (bomb(), 60_000, 60_000, "60000x60000"),
        (GREY, 640, 480, "as stated"),
    ],
)
def test_what_is_no_picture_is_refused_and_named(
    house: Any, studio: Studio, data: bytes, width: int, height: int, complaint: str
) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        await browser.send_picture(data, width, height, seq=7)
        error = await browser.told("error", code="picture", seq=7)
        assert complaint in error["message"]
        await browser.send_picture(GREY, seq=8)
        await browser.until(lambda: studio.frames)

    house.visit(script)


def test_a_picture_whose_middle_is_damaged_costs_that_one(house: Any, studio: Studio) -> None:
    at = GREY.index(b"\xff\xda")
    damaged = GREY[: at + 14] + bytes(len(GREY) - at - 16) + GREY[-2:]

    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        for seq, data in enumerate((damaged, GREY), 1):
            await browser.send_picture(data, seq=seq)
            await browser.until(lambda n=seq: browser.last("camera.taken").get("seq") == n)
        await browser.until(lambda: studio.frames and abs(int(studio.frames[-1].image.mean()) - 90) < 3)

    house.visit(script)


def test_who_sends_nothing_but_nonsense_is_stopped(house: Any, studio: Studio, monkeypatch: Any) -> None:
    monkeypatch.setattr(phone, "REFUSED", 3)

    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        for _ in range(3):
            await browser.send_picture(b"nonsense")
        assert "3 pictures in a row" in (await browser.told("camera", sender=None))["message"]
        await browser.send_picture(GREY, seq=9)
        assert "camera.start first" in (await browser.told("error", seq=9))["message"]

    house.visit(script)


def test_silence_ends_the_lending(house: Any, studio: Studio, monkeypatch: Any) -> None:
    monkeypatch.setattr(phone, "SILENCE", 0.0)
    monkeypatch.setattr(phone, "LOOK", 0.1)

    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        assert "no picture came" in (await browser.told("camera", sender=None))["message"]

    house.visit(script)


def test_a_camera_node_that_hangs_is_given_up(build: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(phone, "SILENCE", 0.5)
    monkeypatch.setattr(phone, "LOOK", 0.1)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)

    connections: list[asyncio.StreamWriter] = []

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        writer.write(browser_link.READY)  # and reads nothing

    async def script(new: Any) -> None:
        async with await asyncio.start_unix_server(greet, f"{folder}/socket"):
            browser, other = await new(), await new(client="client-2")
            await lend(browser)
            for _ in range(8):  # more than the socket's buffers hold
                await browser.send_picture(encode_jpeg(noise, 95), 640, 480)
            assert "no picture came" in (await browser.told("camera", sender=None))["message"]
            await lend(other)
            for writer in connections:  # from Python 3.12 on, the server's end waits for them
                writer.transport.abort()

    with tempfile.TemporaryDirectory() as folder:
        build(camera_socket=f"{folder}/socket").visit(script)


def test_a_camera_node_that_takes_no_pictures_of_browsers(house: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(phone, "FIND", 0.2)

    async def script(new: Any) -> None:
        browser = await new()
        answer = await browser.ask("camera.start", width=64, height=48)
        assert answer["code"] == "unavailable" and "source auto or browser" in answer["message"]

    house.visit(script)


def test_more_pictures_than_allowed_are_dropped(house: Any, studio: Studio) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        for number in range(100):
            await browser.send_picture(GREY, seq=number)
        assert (await browser.told("error"))["code"] == "rate"
        assert (await browser.ask("camera.stop"))["ok"]
        await asyncio.sleep(0)
        assert 0 < len([m for m in browser.got if m["type"] == "camera.taken"]) < 100

    house.visit(script)


@pytest.mark.slow
def test_every_kind_of_file_is_taken_or_refused_in_one_line(
    house: Any, studio: Studio, corpus: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(phone, "REFUSED", 1000)
    files = {**corpus.READABLE, **{name: data for name, (data, _) in corpus.REFUSED.items()}}
    files = {name: data for name, data in files.items() if len(data) <= MAX_BINARY}  # larger ones end the connection
    good = [name for name in corpus.READABLE if name.startswith("jpeg") and "2000" not in name]

    async def script(new: Any) -> None:
        browser = await new()
        await lend(browser)
        for seq, (name, data) in enumerate(files.items(), 1):
            before = len(studio.frames)
            await asyncio.sleep(0.03)  # 40 a second are allowed
            await browser.send_picture(data, 64, 48, seq=seq)
            if name in good:
                await browser.until(lambda n=before: len(studio.frames) > n)
                assert studio.frames[-1].image.shape[:2] == (48, 64), name
            else:
                error = await browser.told("error", code="picture", seq=seq)
                assert "\n" not in error["message"], name
        assert len(studio.frames) == len(good)

    house.visit(script)
