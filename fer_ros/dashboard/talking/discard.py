"""Closes a connection whose other side keeps sending, so that our last words arrive.

A socket that is closed with unread bytes is reset. A client that is still sending then loses our last message, and
reports code 1006 in place of ours. So we read and throw away all input until the other side has closed, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

#: Bytes that are thrown away at once, and seconds until the next ones: a flood costs next to nothing.
CHUNK, EVERY = 1 << 18, 0.02
#: Seconds without anything that came, after which nothing is unread and closing is safe.
QUIET = 2.0


def discard(transport: asyncio.Transport | None, before: Any) -> asyncio.Future[None]:
    """Throw away what comes on a connection from now on.

    :param before: the protocol of the connection; it learns only of the end.
    :returns: done when the connection has ended.
    """
    ended = asyncio.get_running_loop().create_future()
    if transport is None or transport.is_closing():
        ended.set_result(None)
    else:
        _Discard(transport, before, ended)
    return ended


class _Discard(asyncio.BufferedProtocol):
    """Takes the place of a connection's protocol."""

    def __init__(self, transport: asyncio.Transport, before: Any, ended: asyncio.Future[None]) -> None:
        self._transport, self._before, self._ended = transport, before, ended
        self._buffer = bytearray(CHUNK)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)
        self._go_on()

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._transport.pause_reading()
        self._wait(EVERY, self._go_on)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._ended.done():
            self._ended.set_result(None)
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        self._before.pause_writing()

    def resume_writing(self) -> None:
        self._before.resume_writing()

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._wait(QUIET, self._transport.close)

    def _wait(self, seconds: float, action: Callable[[], None]) -> None:
        # One timer alone: the protocol before may resume reading, too, while it empties what it had read.
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, action)
