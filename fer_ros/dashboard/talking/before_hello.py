"""What a WebSocket may send before its hello: so little that many strangers together cannot fill the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

#: Bytes after the upgrade; a hello has some 300.
MAX = 1 << 16


class BeforeHello(asyncio.Protocol):
    """Takes the place of a connection's protocol until :meth:`end`, and ends the connection above :data:`MAX`."""

    def __init__(self, transport: asyncio.Transport | None, before: Any, too_much: Callable[[], None]) -> None:
        """Count from now on.

        :param transport: None where the connection has ended already.
        :param before: the protocol of the connection, which gets all that comes.
        :param too_much: called where more comes.
        """
        self._transport, self._before, self._too_much, self._bytes = transport, before, too_much, 0
        if transport is not None and not transport.is_closing():
            transport.set_protocol(self)

    def end(self) -> None:
        """Count no more: it is known who speaks."""
        if self._transport is not None and self._transport.get_protocol() is self:
            self._transport.set_protocol(self._before)

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes <= MAX:
            self._before.data_received(data)
        elif self._transport is not None and not self._transport.is_closing():
            self._too_much()
            self._transport.abort()

    def eof_received(self) -> bool | None:
        ended: bool | None = self._before.eof_received()
        return ended

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        self._before.pause_writing()

    def resume_writing(self) -> None:
        self._before.resume_writing()
