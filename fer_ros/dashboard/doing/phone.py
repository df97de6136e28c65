"""A browser's camera: checks its pictures and hands them over to the source ``browser``."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

from fer_ros.core.base.errors import BadImage, FerError
from fer_ros.core.base.timing import Rate
from fer_ros.core.capture import browser_link
from fer_ros.core.vision.headers import compressed_size
from fer_ros.dashboard.doing.recording import Busy
from fer_ros.dashboard.robot import Json, Robot, Unavailable, reason_of
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub
from fer_ros.dashboard.talking.protocol import MAX_CAMERA_PIXELS, Binary

#: Seconds for which the source is looked for, and for its greeting: it may just be opened, or opened again.
FIND, GREETING = 8.0, 4.0
#: Seconds without a picture after which the sending ends; and pictures in a row that may be refused.
SILENCE, REFUSED = 5.0, 30
#: Seconds between two looks for that silence.
LOOK = 1.0
#: Nanoseconds that a picture may have taken to come here, by what its sender says.
MAX_AGE = 2_000_000_000
JPEG = b"\xff\xd8\xff"


class Phone:
    """One sender at a time. Used in the server's thread only."""

    def __init__(self, robot: Robot, hub: Hub, path: Path | None) -> None:
        """Nobody sends yet.

        :param path: of the source's socket; None takes the default.
        """
        self._robot, self._hub, self._path = robot, hub, path
        self._sender: Client | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._rate = Rate()
        self._last, self._bad = 0.0, 0
        self._why: FerError | None = None
        self._tell()

    async def start(self, client: Client) -> None:
        """Let a browser lend its camera.

        :raises Busy: another one does.
        :raises Unavailable: the camera node takes no pictures of browsers.
        """
        if self._sender not in (None, client):
            raise Busy("another browser lends its camera: stop that one first", "camera_other")
        self._close()
        self._sender = client
        try:
            writer = await self._connect()
        except BaseException:
            if self._sender is client:
                self._sender = None
            raise
        if self._sender is not client or not client.open:
            writer.close()
            raise Unavailable("it was stopped in the meantime", "camera_stopped")
        self._writer, self._last, self._bad, self._rate = writer, time.monotonic(), 0, Rate()
        self._tell()

    async def stop(self, client: Client, why: FerError | None = None) -> None:
        """Stop a browser's lending; harmless if it lends nothing."""
        if self._sender is client:
            self._sender = None
            self._close()
            self._tell(why)

    async def take(self, client: Client, picture: Binary) -> None:
        """Take a picture that has come."""
        if self._sender is not client or self._writer is None:
            client.complain("picture", "send camera.start first", seq=picture.sequence)
            return
        self._last = time.monotonic()
        try:
            check(picture)
        except BadImage as error:
            client.complain("picture", str(error), seq=picture.sequence)
            self._bad += 1
            if self._bad >= REFUSED:
                text = f"{REFUSED} pictures in a row were refused: {error}"
                await self.stop(client, FerError(text, "camera_refused", pictures=REFUSED))
            return
        self._bad = 0
        try:
            handed = browser_link.StampedJpeg(self._stamp(client, picture), bytes(picture.data))
            self._writer.write(browser_link.packed(handed))
            await self._writer.drain()
        except OSError:
            text = "the camera node has stopped taking pictures of browsers"
            await self.stop(client, FerError(text, "camera_stopped"))
            return
        self._rate.tick()
        client.tell({"type": "camera.taken", "seq": picture.sequence})

    async def look(self) -> None:
        """Tell the rate, and end a silent sender; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            sender = self._sender
            if sender is None or self._writer is None:
                continue
            if time.monotonic() - self._last > SILENCE:
                text = f"no picture came for {SILENCE:g} s"
                await self.stop(sender, FerError(text, "camera_silent", seconds=f"{SILENCE:g}"))
            else:
                self._tell()

    async def end(self) -> None:
        """Let go of the source."""
        self._sender = None
        self._close()

    def message(self, client: Client) -> Json:
        """The status, for a client."""
        if self._sender is None or self._writer is None:
            why = self._why or FerError()
            return {"type": "camera", "sender": None, "fps": None, "message": str(why), "reason": reason_of(why)}
        sender = "me" if self._sender is client else "other"
        return {"type": "camera", "sender": sender, "fps": round(self._rate.hz(), 1), "message": "", "reason": None}

    def _tell(self, why: FerError | None = None) -> None:
        self._why = why
        self._hub.tell_each("camera", self.message)

    def _stamp(self, client: Client, picture: Binary) -> int:
        """When it was taken, by our clock: the browser's time, as far as that is possible."""
        now = self._robot.now()
        ours = client.clock.ours(picture.stamp)
        stamp = now if ours is None else int(ours * 1e6)
        return max(now - MAX_AGE, min(stamp, now))

    async def _connect(self) -> asyncio.StreamWriter:
        path = self._path or browser_link.default_socket()
        deadline = time.monotonic() + FIND
        while True:
            try:
                return await _greeted(await asyncio.to_thread(browser_link.connect, path))
            except OSError:  # nobody listens; a source that is opened again does so in a moment
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "the camera node takes no pictures of browsers: start it with source auto or browser",
                        "camera_takes_none",
                    ) from None
            await asyncio.sleep(0.1)

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.transport.abort()  # pictures that still wait are old, and a source that hangs never takes them


def check(picture: Binary) -> None:
    """Look at the header of a picture; it is not decoded.

    :raises BadImage: it is no JPEG, cut off, too large, or not of the stated size.
    """
    if bytes(picture.data[:3]) != JPEG:
        raise BadImage("compression", "the picture is no JPEG")
    width, height = compressed_size(picture.data)
    if not 0 < width * height <= MAX_CAMERA_PIXELS:
        raise BadImage("size", f"{width}x{height} is not allowed: send {MAX_CAMERA_PIXELS} pixels at most")
    if (width, height) != (picture.width, picture.height):
        raise BadImage("size", f"the picture is {width}x{height}, not {picture.width}x{picture.height} as stated")


async def _greeted(connection: socket.socket) -> asyncio.StreamWriter:
    """Wait until the source takes our pictures.

    :raises OSError: it has just been closed.
    :raises Unavailable: it takes another dashboard's, or does not answer.
    """
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    try:
        greeting = await asyncio.wait_for(reader.readexactly(1), GREETING)
        if greeting == browser_link.READY:
            return writer
        problem = Unavailable(
            "the camera node takes the pictures of another dashboard: stop that one first", "camera_other_page"
        )
    except asyncio.IncompleteReadError as error:
        writer.close()
        raise ConnectionResetError from error
    except asyncio.TimeoutError:
        problem = Unavailable("the camera node does not answer: is it active?", "no_answer", node="camera")
    writer.close()
    raise problem
