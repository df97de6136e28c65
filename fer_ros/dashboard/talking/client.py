"""One connected browser: what waits for it, what it watches, and how much it may send."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from fer_ros.dashboard.robot import Preview
from fer_ros.dashboard.serving.limits import Bucket, Limit
from fer_ros.dashboard.talking import protocol
from fer_ros.dashboard.talking.clock import ClockOffset
from fer_ros.dashboard.talking.pace import Pace, shrunk

#: Messages that may wait for a client before it is given up.
MAX_WAITING = 256
#: Share of the time between two pictures that one may come early: cameras are not that exact.
EARLY = 0.25
#: Close codes, see docs/dashboard_protocol.md.
CLOSE = {"token": 4401, "hello": 4408, "slow": 4409, "size": 4413, "rate": 4429, "full": 4503}
#: Seconds that closing may take; and where the other side is refused while it goes on sending.
CLOSING, REFUSING = 2.0, 8.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What a client wants to see."""

    video: bool = False
    emotions: bool = False
    fps: float = 30.0


class Client:
    """The state of one connection. Used in the server's thread only.

    :ivar transport: of the connection, once it is known who speaks.
    """

    def __init__(self, socket: web.WebSocketResponse, hello: Mapping[str, Any]) -> None:
        """Take over a connection whose ``hello`` was accepted."""
        self.session: str = hello["session"]
        who = hashlib.sha256(hello["client"].encode()).hexdigest()[:8]
        self.bag = f"page-{self.session}-{who}"
        self.clock = ClockOffset()
        self.watch = Watch()
        self.texts, self.seen = Limit(50, 100), Limit(120, 120)
        self.pictures, self._complaints = Limit(40, 40), Bucket(1, 1)
        self.open = True
        self.transport: asyncio.Transport | None = None
        self._socket = socket
        self._waiting: deque[str] = deque()
        self._emotions: str | None = None
        self._picture: Preview | None = None
        self._sequence = 0
        self._pace = Pace()
        self._due = 0.0
        self._ready = asyncio.Event()
        self._closing: str | None = None

    @property
    def closing(self) -> bool:
        """Whether we are closing the connection."""
        return self._closing is not None

    def send(self, text: str) -> None:
        """Queue a message; give up a client that does not read."""
        if self._closing is not None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.refuse("slow", "the page cannot keep up with the messages it gets")
            return
        self._waiting.append(text)
        self._ready.set()

    def tell(self, message: Mapping[str, Any]) -> None:
        """As :meth:`send`."""
        self.send(protocol.encode(message))

    def refuse(self, code: str, message: str) -> None:
        """Say why, then close; the first reason counts."""
        if self._closing is None:
            self._closing = code
            self._waiting.clear()
            self._waiting.append(protocol.encode({"type": "refused", "code": code, "message": message}))
            self._ready.set()
            self.abort_in(REFUSING + CLOSING)

    def abort_in(self, seconds: float) -> None:
        """End the connection after this time, whatever the other side does.

        Where it does not read, nothing more can be written: without this, the words before closing, and closing
        itself, wait for as long as it likes.
        """
        if self.transport is not None:
            asyncio.get_running_loop().call_later(seconds, self.transport.abort)

    def complain(self, code: str, message: str, **fields: object) -> None:
        """Report a mistake outside a request, once a second at most unless it names a picture."""
        if fields or self._complaints.take():
            self.tell({"type": "error", "code": code, "message": message, **fields})

    def change_watch(self, watch: Watch) -> None:
        """Watch something else from now on."""
        self.watch = watch
        self._pace.forget()
        self._picture = self._emotions = None

    def has_seen(self, sequence: int) -> None:
        """Note that the client has drawn a picture."""
        trip = self.clock.round_trip
        self._pace.seen(min(sequence, self._sequence), time.monotonic(), None if trip is None else trip / 1e3)
        self._ready.set()

    def offer_emotions(self, text: str) -> None:
        """Send the result of a frame, unless a newer one comes first."""
        if self.watch.emotions:
            self._emotions = text
            self._ready.set()

    def offer_picture(self, picture: Preview) -> None:
        """Send a picture, unless a newer one comes first or the client asked for fewer."""
        now, period = time.monotonic(), 1.0 / self.watch.fps
        if not self.watch.video or now < self._due - EARLY * period:
            return
        self._due = max(self._due + period, now)
        self._picture = picture
        self._ready.set()

    async def write(self) -> None:
        """Send what waits, until the connection ends."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not self._socket.closed:
                await self._ready.wait()
                self._ready.clear()
                await self._write_waiting()
                if self._closing is not None:
                    await self.close(CLOSE[self._closing], self._closing, REFUSING)
                    return

    async def close(self, code: int, message: str, seconds: float = CLOSING) -> None:
        """Close the connection from our side.

        :param seconds: for the other side to close it, too.
        """
        with contextlib.suppress(ConnectionError, RuntimeError, asyncio.TimeoutError):
            await asyncio.wait_for(self._socket.close(code=code, message=message.encode()), seconds)
        self.open = False

    async def _write_waiting(self) -> None:
        while self._waiting:
            await self._socket.send_str(self._waiting.popleft())
        if self._closing is not None:
            return
        due = self._picture is not None and self._pace.free
        # Where the link is slow, the readings of pictures that are not sent would only hold up those that are.
        if self._emotions is not None and (due or not self._pace.slow):
            text, self._emotions = self._emotions, None
            await self._socket.send_str(text)
        if self._picture is not None and due:
            picture, self._picture = self._picture, None
            data = picture.data
            if self._pace.slow:
                data = await asyncio.to_thread(shrunk, data, self._pace.size)
            self._sequence += 1
            packed = protocol.pack_picture(self._sequence, picture.stamp / 1e6, picture.width, picture.height, data)
            self._pace.sent(self._sequence, len(packed), time.monotonic())
            await self._socket.send_bytes(packed)
