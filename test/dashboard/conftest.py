"""A real server over a robot of real parts without ROS, and browsers that talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.types import Face, ImageArray, Roi
from fer_ros.core.recording import FaceFinder, Incoming, Recorder, RecordingSettings
from fer_ros.core.recording.correcting import Seen
from fer_ros.core.recording.settings import parse_labels
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.dashboard.robot import Json, Preview, RecordState, Refused, Robot
from fer_ros.dashboard.serving.server import Server
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.dashboard.talking.protocol import BINARY, CAMERA, FILE, VERSION

FACE = Roi(10, 5, 20, 20)
JPEG = encode_jpeg(np.full((48, 64, 3), 128, np.uint8))


class Everywhere(Detector):
    """Finds a face in the same place of every picture."""

    def detect(self, image: ImageArray) -> list[Face]:
        return [Face(FACE, 1.0, 1)]


class DirectRobot(Robot):
    """The recorder itself, fed with pictures; no model is run and none is trained."""

    namespace = "/fer"

    def __init__(self) -> None:
        self.server: Server | None = None
        self.watched: list[tuple[bool, bool]] = []
        self._settings = RecordingSettings(min_free_mb=0)
        self._recorder = Recorder(self._settings, FaceFinder(Everywhere()), clock=self.now, on_change=self._tell)
        self._seen: list[Seen] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._recorder.close()

    def now(self) -> int:
        return time.time_ns()

    def watch(self, pictures: bool, emotions: bool) -> None:
        self.watched.append((pictures, emotions))

    async def start_recording(self, label: str, subject: str, seconds: float, bag: str) -> None:
        await self._done(self._recorder.start(label, subject, seconds, 0, bag, any_label=True))

    async def pause_recording(self) -> None:
        await self._done(self._recorder.pause())

    async def stop_recording(self) -> None:
        await self._done(self._recorder.stop())

    async def discard(self, bag: str, take: int) -> int:
        return int(await self._done(self._recorder.discard(bag, take)))

    async def revise(self, bag: str, take: int, stamps: Sequence[int], label: str) -> Json:
        done = await self._done(self._recorder.revise(bag, take, stamps, label))
        return {"samples": done.samples, "take": done.take, "entry": done.entry}

    async def restore(self, bag: str, take: int, entry: str = "") -> int:
        return int((await self._done(self._recorder.restore(bag, take, entry))).samples)

    async def add_pictures(self, bag: str, label: str, subject: str, pictures: Sequence[tuple[int, bytes]]) -> Json:
        done = await self._done(self._recorder.add(label, subject, bag, pictures))
        return {
            "take": done.take,
            "samples": done.samples,
            "without_face": len(done.without_face),
            "refused": len(done.refused),
            "reasons": sorted(set(done.refused.values())),
        }

    async def correct(self, label: str, subject: str, face: int) -> tuple[str, int, int]:
        if face not in (0, 4):
            raise Refused(f"face {face} was not seen in the last second")
        before = self._seen
        while self._seen is before:  # the last one may have been recorded already, or there is none yet
            await asyncio.sleep(0.01)
        try:
            kept = await self._done(self._recorder.correct(label, subject, self._seen[-10:]))
        except ConfigError as error:
            raise Refused(str(error), error.code, **error.values) from error
        return kept.bag.name, kept.take, kept.samples

    async def labels(self) -> tuple[str, ...]:
        return parse_labels(self._settings.labels)

    async def detector(self) -> str:
        return "haar"

    async def train(self, bags: Sequence[str], options: Json) -> Json:
        raise Refused("nothing is trained here")

    async def cancel_training(self) -> None:
        raise Refused("no training runs")

    async def load_model(self, name: str) -> None:
        if self.server is not None:
            self.server.models.on_model({"type": "model", "name": name})

    def call_start(self, label: str, bag: str) -> None:
        """Record as somebody does who calls the service."""
        self._recorder.start(label, bag=bag).result(10)

    @staticmethod
    async def _done(future: Any) -> Any:
        try:
            return await asyncio.wrap_future(future)
        except FerError as error:
            raise Refused(str(error), error.code, **error.values) from error

    def _feed(self) -> None:
        while not self._ended.wait(0.01):
            frame = Incoming(self.now(), "eye", JPEG)
            self._recorder.offer(frame)
            self._seen = [*self._seen[-9:], (frame, Face(Roi(0, 0, 20, 20), 1.0, 1))]
            if self._recorder.active:
                self._tell()

    def _tell(self) -> None:
        status, server = self._recorder.status(), self.server
        state = RecordState(
            state=status.state.name.lower(),
            bag=status.bag.name if status.bag else "",
            label=status.label,
            take=status.take,
            samples=status.take_samples,
            elapsed=status.elapsed,
            message=status.message,
        )
        if server is not None:
            server.post(lambda: server.recording.on_state(state))


class Browser:
    """One WebSocket; keeps what it is told, answers pings, draws pictures at once unless told not to."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url
        self.got: list[Json] = []
        self.pictures: list[bytes] = []
        self.draws = True
        self.skew = 0.0
        self.closed = 0
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._number = 0

    async def open(self, headers: dict[str, str] | None = None, hello: Json | None = None, **fields: Any) -> Browser:
        self.socket = await self.session.ws_connect(f"{self.url}ws", headers=headers, max_msg_size=0)
        first = {"type": "hello", "version": VERSION, "client": "client-1", "session": "20260102-030405", **fields}
        await self.say(**(first if hello is None else hello))
        self.reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        async for message in self.socket:
            with contextlib.suppress(ConnectionError):  # the server may be closing it
                await self._take(message)
        self.closed = self.socket.close_code or 0

    async def _take(self, message: Any) -> None:
        if message.type == aiohttp.WSMsgType.BINARY:
            self.pictures.append(message.data)
            if self.draws:
                await self.say("seen", seq=BINARY.unpack_from(message.data)[3])
            return
        content = json.loads(message.data)
        self.got.append(content)
        if content["type"] == "reply" and content["id"] in self._answers:
            self._answers.pop(content["id"]).set_result(content)
        if content["type"] == "clock.ping":
            await self.say("clock.pong", n=content["n"], now=time.time() * 1e3 + self.skew)

    async def say(self, type: str, **fields: Any) -> None:
        await self.socket.send_str(json.dumps({"type": type, **fields}))

    async def ask(self, type: str, **fields: Any) -> Json:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self.say(type, id=self._number, **fields)
        return await asyncio.wait_for(answer, 20)

    async def send_file(self, data: bytes, seq: int = 0, part: int = 0, parts: int = 1) -> None:
        await self.socket.send_bytes(BINARY.pack(FILE, VERSION, 0, seq, 0.0, part, parts, 0) + data)

    async def send_picture(self, data: bytes, width: int = 64, height: int = 48, seq: int = 1) -> None:
        stamp = time.time() * 1e3 + self.skew
        await self.socket.send_bytes(BINARY.pack(CAMERA, VERSION, 0, seq, stamp, width, height, 0) + data)

    def last(self, type: str) -> Json:
        """The newest message of a type; empty where there is none."""
        return next((message for message in reversed(self.got) if message["type"] == type), {})

    async def until(self, condition: Callable[[], Any], what: str = "did not happen") -> Any:
        deadline = time.monotonic() + 20
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{what}; got {self.got[-5:]}"
            await asyncio.sleep(0.01)
        return value

    async def told(self, type: str, **fields: Any) -> Json:
        """Wait until the newest message of a type holds these fields."""
        message: Json = await self.until(
            lambda: (m := self.last(type)) and all(m.get(k) == v for k, v in fields.items()) and m, f"{type} {fields}"
        )
        return message

    async def ends(self) -> int:
        """Wait until the server has closed the connection; gives the code."""
        await asyncio.wait_for(self.reading, 20)
        return self.closed


Script = Callable[..., Awaitable[None]]


class House:
    """A server that runs, and the robot behind it."""

    def __init__(self, robot: DirectRobot, **settings: Any) -> None:
        self.robot = robot
        self.server = Server(DashboardSettings(**{"port": 0, **settings}), robot)
        robot.server = self.server
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}/"

    def visit(self, script: Script) -> None:
        """Run ``script(new)``; ``await new()`` gives a connected browser."""

        async def run() -> None:
            async with aiohttp.ClientSession() as session:

                async def new(**arguments: Any) -> Browser:
                    return await Browser(session, self.url).open(**arguments)

                await asyncio.wait_for(script(new), 60)

        asyncio.run(run())

    def show(self, stamp: int = 1_700_000_000_000_000_000, data: bytes = JPEG) -> None:
        """Let the robot deliver a picture."""
        self.server.post(lambda: self.server.hub.show(Preview(stamp, data, 64, 48)))


@pytest.fixture
def build(fer_home: Path) -> Iterator[Callable[..., House]]:
    """``build(**settings) -> House``; all are torn down when the test ends."""
    houses: list[House] = []

    def build(**settings: Any) -> House:
        houses.append(House(DirectRobot(), **settings))
        return houses[-1]

    yield build
    for house in houses:
        house.server.stop()
        house.robot.close()


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    """A server for this machine alone."""
    return build()
