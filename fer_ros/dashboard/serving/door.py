"""Who gets a connection: limits before the first byte, and a deadline for each step up to the hello.

aiohttp closes connections that idle between two requests, and refuses headers that are too long. It does not limit the
number of connections. Before 3.14 it sets no deadline for the first header, and it cannot refuse before the TLS
handshake. So the sockets are accepted here, one at a time, and handed to its protocol.

A connection is a stranger's until its WebSocket has said hello. If there are too many strangers, a newcomer replaces
one. It is the one that has said least, the oldest first, from the address with the most connections. A newcomer from
that address itself is turned away, which costs far less. Now and then it replaces a connection of its own, because
several people may share an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fer_ros.dashboard.serving.limits import Bucket, Clock
from fer_ros.dashboard.serving.listening import group, listening

#: Strangers in all, and of one address: a browser has up to seven while it loads the page.
STRANGERS, PER_ADDRESS = 128, 32
#: Connections a second that one address may open in the long run, and at once; and all of them together.
RATE, BURST, ALL_RATE, ALL_BURST = 50, 200, 2_000, 2_000
#: Seconds from a connection to its whole first header; for the handshake of TLS, which comes before; for an answer to
#: be taken; for idling between two requests; and for the rest of a body that nobody wants.
HEADER, HANDSHAKE, ANSWER, IDLE, BODY = 5.0, 5.0, 20.0, 10.0, 1.0
#: Share of the process's file descriptors that connections never take: cameras, bags and models need some.
RESERVE = 0.25
#: Places a second that connections of a crowded address may take from each other in the long run, and at once.
SWAPS, SWAPS_AT_ONCE = 2, 32
#: Addresses whose rate is remembered; and connections that are turned away before others get a turn.
REMEMBERED, AT_ONCE = 1_024, 16
#: Seconds between two looks for deadlines that have passed, and a pause where there is no descriptor left.
LOOK, PAUSE = 0.25, 0.25

Protocol = asyncio.BaseProtocol


@dataclass(eq=False, slots=True)
class _Visitor:
    """A connection of a stranger.

    :ivar group: see :func:`group`.
    :ivar asked: whether it has sent a whole request.
    :ivar until: when it is closed.
    """

    socket: socket.socket
    group: str
    since: float
    until: float
    asked: bool = False
    protocol: Any = None
    transport: asyncio.BaseTransport | None = None

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self.transport is not None and self.protocol.transport is None

    def end(self) -> None:
        """Close at once."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


class Door:
    """Listens and lets in. Used in the server's thread only, but for :meth:`refused`.

    :ivar port: where it listens; known after :meth:`open`.
    """

    def __init__(self, tls: ssl.SSLContext | None, clock: Clock = time.monotonic) -> None:
        self._tls, self._clock = tls, clock
        self._visitors: dict[_Visitor, None] = {}
        self._by_protocol: dict[Any, _Visitor] = {}
        self._rates: dict[str, tuple[Bucket, Bucket]] = {}
        self._rate = Bucket(ALL_RATE, ALL_BURST, clock)
        self._refused: Counter[str] = Counter()
        self._highest = int(resource.getrlimit(resource.RLIMIT_NOFILE)[0] * (1 - RESERVE))
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def refused(self) -> dict[str, int]:
        """Reason → connections refused or ended since the start; any thread may ask."""
        return dict(self._refused)

    def open(self, host: str, port: int, make: Callable[[], Protocol]) -> None:
        """Listen from now on.

        :param make: makes the protocol of a connection.
        :raises OSError: the port is taken, or the address is not this machine's.
        """
        self._listening = listening(host, port)
        self.port = self._listening[0].getsockname()[1]
        for place in self._listening:
            self._spawn(self._accept(place, make))
        self._spawn(self._watch())

    def close(self) -> None:
        """Stop listening, and end the connections of strangers."""
        for task in self._tasks:
            task.cancel()
        for place in self._listening:
            place.close()
        for visitor in self._visitors:
            visitor.end()

    def asked(self, protocol: Any, seconds: float = ANSWER) -> None:
        """Note that a whole request has come.

        :param protocol: of its connection, as :attr:`aiohttp.web.Request.protocol` tells it.
        :param seconds: for the answer.
        """
        visitor = self._by_protocol.get(protocol)
        if visitor is not None:
            visitor.asked, visitor.until = True, self._clock() + seconds

    def greets(self, protocol: Any, seconds: float) -> None:
        """Note an open WebSocket: it has said nothing yet, and must say hello."""
        visitor = self._by_protocol.get(protocol)
        if visitor is not None:
            visitor.asked, visitor.until = False, self._clock() + seconds

    def knows(self, protocol: Any) -> None:
        """Note a good hello: the connection is no longer a stranger's."""
        visitor = self._by_protocol.pop(protocol, None)
        if visitor is not None:
            self._visitors.pop(visitor, None)

    def refuse(self, reason: str) -> None:
        """Count a client that was let in and then refused for what it said."""
        self._refused[reason] += 1

    async def _accept(self, place: socket.socket, make: Callable[[], Protocol]) -> None:
        loop, turned_away = asyncio.get_running_loop(), 0
        while True:
            while not self._rate.take():
                await asyncio.sleep(1.0 / ALL_RATE)
            try:
                connection, address = await loop.sock_accept(place)
            except OSError as error:
                if error.errno not in (errno.ECONNABORTED, errno.EPROTO, errno.EPERM):
                    self._refused["no descriptor left"] += 1
                    await asyncio.sleep(PAUSE)
                continue
            reason = self._make_room(connection, group(address[0]))
            if reason:
                self._refused[reason] += 1
                connection.close()
                turned_away += 1
            else:
                self._admit(connection, group(address[0]), make)
            # Accepting itself gives nobody else a turn where somebody waits already.
            if not reason or turned_away % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _make_room(self, connection: socket.socket, origin: str) -> str:
        """Why a connection is turned away; empty where it comes in, if need be in place of another."""
        if connection.fileno() >= self._highest:
            return "too few descriptors"
        connections, swaps = self._buckets(origin)
        if not connections.take():
            return "too many connections a second"
        self._forget_who_left()
        counts = Counter(visitor.group for visitor in self._visitors)
        full, mine = len(self._visitors) >= STRANGERS, counts[origin]
        fullest, most = counts.most_common(1)[0] if counts else ("", 0)
        if mine >= PER_ADDRESS or (full and mine and mine + 1 >= most):
            if not swaps.take():
                return "too many connections of an address"
            fullest = origin
        elif not full:
            return ""
        self._end(_least([v for v in self._visitors if v.group == fullest]), "too many connections")
        return ""

    def _admit(self, connection: socket.socket, origin: str, make: Callable[[], Protocol]) -> None:
        now = self._clock()
        visitor = _Visitor(connection, origin, now, now + HEADER + (HANDSHAKE if self._tls else 0.0))
        self._visitors[visitor] = None
        self._spawn(self._connect(visitor, make))

    async def _connect(self, visitor: _Visitor, make: Callable[[], Protocol]) -> None:
        loop = asyncio.get_running_loop()

        def made() -> Protocol:
            visitor.protocol = make()
            self._by_protocol[visitor.protocol] = visitor
            return visitor.protocol

        try:
            visitor.socket.setblocking(False)
            timeout = {"ssl_handshake_timeout": HANDSHAKE} if self._tls else {}
            visitor.transport, _ = await loop.connect_accepted_socket(made, visitor.socket, ssl=self._tls, **timeout)
        except (OSError, asyncio.TimeoutError):  # of which those of TLS are some
            if visitor in self._visitors:
                self._refused["no handshake"] += 1
            self._leave(visitor)
            visitor.socket.close()

    async def _watch(self) -> None:
        """End connections that take too long."""
        while True:
            await asyncio.sleep(LOOK)
            self._forget_who_left()
            now = self._clock()
            for visitor in [v for v in self._visitors if v.until <= now]:
                self._end(visitor, "answer not taken" if visitor.asked else "nothing said in time")

    def _forget_who_left(self) -> None:
        for visitor in [v for v in self._visitors if v.gone]:
            self._leave(visitor)

    def _leave(self, visitor: _Visitor) -> None:
        self._visitors.pop(visitor, None)
        self._by_protocol.pop(visitor.protocol, None)

    def _end(self, visitor: _Visitor, reason: str) -> None:
        self._refused[reason] += 1
        self._leave(visitor)
        visitor.end()

    def _buckets(self, origin: str) -> tuple[Bucket, Bucket]:
        """The connections and the swaps of an address."""
        buckets = self._rates.pop(origin, None)
        if buckets is None:
            buckets = Bucket(RATE, BURST, self._clock), Bucket(SWAPS, SWAPS_AT_ONCE, self._clock)
        self._rates[origin] = buckets  # last, as the most recent
        while len(self._rates) > REMEMBERED:
            del self._rates[next(iter(self._rates))]
        return buckets

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # asyncio itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)


def _least(visitors: list[_Visitor]) -> _Visitor:
    """The connection that has said least, the oldest of several."""
    return min(visitors, key=lambda visitor: (visitor.asked, visitor.since))
