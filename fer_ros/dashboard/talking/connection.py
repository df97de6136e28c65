"""The life of one WebSocket: hello, then messages until it closes. Each is answered or dropped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from fer_ros.core.base.errors import FerError, reason
from fer_ros.dashboard.doing.recording import Busy
from fer_ros.dashboard.doing.training import Nothing
from fer_ros.dashboard.robot import Json, Unavailable, reason_of
from fer_ros.dashboard.serving.limits import Flood
from fer_ros.dashboard.talking import protocol
from fer_ros.dashboard.talking.client import CLOSE, CLOSING, REFUSING, Client, Watch
from fer_ros.dashboard.talking.protocol import Message, ProtocolError

log = logging.getLogger(__name__)

#: Seconds for the first message; and between two pings of the WebSocket, half of which an answer may take.
HELLO, HEARTBEAT = 5.0, 10.0
#: Exchanges of clocks that follow each other fast, and the seconds between these and between later ones.
FIRST_PINGS, FAST, SLOW = 5, 0.2, 2.0
#: Requests that may wait for an earlier one of the same client.
REQUESTS = 32
#: Bytes of a picture; a larger one counts as so many.
PICTURE = 1 << 19

#: Does what a request asks for; what it returns goes into the reply.
Action = Callable[[Client, Message], Awaitable[Mapping[str, Any] | None]]
#: Takes a binary message.
Taker = Callable[[Client, protocol.Binary], Awaitable[None]]


class Refusal(Exception):
    """The hello is not accepted; ``code`` as in the protocol."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def new_socket() -> web.WebSocketResponse:
    """A WebSocket with our limits. It accepts messages of up to twice the size, so that we can say what is wrong."""
    return web.WebSocketResponse(
        timeout=REFUSING, heartbeat=HEARTBEAT, max_msg_size=2 * protocol.MAX_BINARY, compress=False
    )


async def greet(socket: web.WebSocketResponse, knows: Callable[[str], bool], room: Callable[[], bool]) -> Client | None:
    """Wait for the hello.

    :param knows: whether a token is right.
    :param room: whether there is room for one more client.
    :returns: None if it was refused; the connection is then closed.
    """
    try:
        client = await _greeted(socket, knows)
        if not room():
            raise Refusal("full", "too many browsers are connected: close one, or try again later")
        return client
    except Refusal as error:
        with contextlib.suppress(ConnectionError):
            await socket.send_str(protocol.encode({"type": "refused", "code": error.code, "message": str(error)}))
            await socket.close(code=CLOSE[error.code], message=error.code.encode())
        return None


async def _greeted(socket: web.WebSocketResponse, knows: Callable[[str], bool]) -> Client:
    try:
        first = await asyncio.wait_for(socket.receive(), HELLO)
    except asyncio.TimeoutError:
        raise Refusal("hello", f"no hello came within {HELLO:g} s") from None
    if first.type != WSMsgType.TEXT or len(first.data) > protocol.MAX_TEXT:
        raise Refusal("hello", "the first message must be a hello")
    try:
        message = protocol.parse(first.data)
    except ProtocolError as error:
        raise Refusal("hello", str(error)) from None
    if message.type != "hello":
        raise Refusal("hello", "the first message must be a hello")
    if not knows(message["token"]):
        raise Refusal("token", "the token is wrong: open the link that the terminal shows")
    if message["version"] != protocol.VERSION:
        raise Refusal("hello", f"the page speaks version {message['version']}: load it again")
    return Client(socket, message.fields)


class Conversation:
    """The messages of a welcomed client, and the answers."""

    def __init__(
        self,
        client: Client,
        actions: Mapping[str, Action],
        now: Callable[[], int],
        watch: Callable[[Client, Watch], None],
        hold: Callable[[Client], None],
        takers: Mapping[int, Taker],
    ) -> None:
        """Keep the parts that do the work.

        :param actions: request → its handler.
        :param now: nanoseconds of the node's clock.
        :param takers: kind of a binary message → what takes it.
        """
        self._client, self._actions, self._now = client, actions, now
        self._watch, self._hold, self._takers = watch, hold, takers
        self._requests: asyncio.Queue[Message | None] = asyncio.Queue(REQUESTS)

    async def listen(self, socket: web.WebSocketResponse, deafen: Callable[[], asyncio.Future[None]]) -> None:
        """Take messages until the connection ends.

        :param deafen: throws away all further input, so that our last words are not lost; done at the end of all.
        """
        client = self._client
        worker = asyncio.create_task(self._work())
        writer, ping = asyncio.create_task(client.write()), asyncio.create_task(self._ping())
        last: set[asyncio.Future[None]] = {writer}
        try:
            async for message in socket:
                try:
                    if message.type == WSMsgType.TEXT:
                        self._text(message.data)
                    elif message.type == WSMsgType.BINARY:
                        await self._binary(message.data)
                except Flood:
                    client.refuse("rate", "far too many messages: wait ten seconds")
                if client.closing:
                    last.add(deafen())
                    break
        finally:
            if client.closing:
                # aiohttp before 3.10 does not wait for the other side's end, and what it closes is reset.
                await asyncio.wait(last, timeout=REFUSING + CLOSING)
            client.open = False
            for helper in (writer, ping):
                helper.cancel()
            # What has begun is done to its end, though nobody hears the answer.
            while not self._requests.empty():
                self._requests.get_nowait()
            self._requests.put_nowait(None)
            await asyncio.gather(writer, ping, return_exceptions=True)
            await worker

    def _text(self, text: str) -> None:
        client = self._client
        if len(text) > protocol.MAX_TEXT:
            client.refuse("size", f"a message of {len(text)} characters: {protocol.MAX_TEXT} are allowed")
            return
        try:
            message = protocol.parse(text)
        except ProtocolError as error:
            client.texts.take()
            if error.id is not None:
                client.tell({"type": "reply", "id": error.id, "ok": False, "code": "bad", "message": str(error)})
            else:
                client.complain("bad", str(error))
            return
        if message.type == "seen":
            if client.seen.take():
                client.has_seen(message["seq"])
            return
        if not client.texts.take():
            client.complain("rate", "too many messages: some were dropped")
            return
        if message.id is None:
            self._notified(message)
            return
        try:
            self._requests.put_nowait(message)
        except asyncio.QueueFull:
            client.tell(_refused(message, "busy", FerError("too many requests wait already")))

    def _notified(self, message: Message) -> None:
        client = self._client
        if message.type == "watch":
            self._watch(client, Watch(message["video"], message["emotions"], message["fps"]))
        elif message.type == "hold":
            self._hold(client)
        elif message.type == "clock.pong":
            client.clock.pong(message["n"], message["now"], self._now() / 1e6)
        else:
            client.complain("bad", "hello was said already")

    async def _binary(self, data: bytes) -> None:
        client = self._client
        # By size, too: large ones keep us so busy that no more than the tolerated number is ever read.
        allowed = client.pictures.take(max(1.0, len(data) / PICTURE))
        if len(data) > protocol.MAX_BINARY:
            client.refuse("size", f"a picture of {len(data)} bytes: {protocol.MAX_BINARY} are allowed")
            return
        try:
            picture = protocol.parse_binary(data)
        except ProtocolError as error:
            client.complain("bad", str(error))
            return
        if allowed:
            await self._takers[picture.kind](client, picture)
        else:
            client.complain("rate", "too many pictures: some were dropped")

    async def _work(self) -> None:
        """Answer the requests, one after the other."""
        while (message := await self._requests.get()) is not None:
            self._client.tell(await self._answer(message))

    async def _answer(self, message: Message) -> Json:
        try:
            answer = await self._actions[message.type](self._client, message)
        except Busy as error:
            return _refused(message, "busy", error)
        except Unavailable as error:
            return _refused(message, "unavailable", error)
        except Nothing as error:
            return _refused(message, "nothing", error)
        except FerError as error:
            return _refused(message, "failed", error)
        except Exception as error:
            log.exception("the dashboard failed on %s", message.type)
            text = f"a fault of the program: {type(error).__name__}: {reason(error)}"
            return _refused(message, "failed", FerError(text, "fault"))
        return {"type": "reply", "id": message.id, "ok": True, **(answer or {})}

    async def _ping(self) -> None:
        """Compare the clocks, until cancelled."""
        client, count = self._client, 0
        while client.open:
            now = self._now() / 1e6
            number, clock = client.clock.ping(now), client.clock
            client.tell({"type": "clock.ping", "n": number, "offset": clock.offset, "rtt": clock.round_trip})
            count += 1
            await asyncio.sleep(FAST if count < FIRST_PINGS else SLOW)


def _refused(message: Message, code: str, error: FerError) -> Json:
    said = {"code": code, "message": reason(error), "reason": reason_of(error)}
    return {"type": "reply", "id": message.id, "ok": False, **said}
