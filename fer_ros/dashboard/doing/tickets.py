"""Links that work once: what was asked for over the WebSocket, where the token was told, is fetched or sent by HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import IO, Generic, TypeAlias, TypeVar

from fer_ros.core.base.errors import ConfigError

T = TypeVar("T")
#: A file's name, and what makes it, in a thread of its own.
Download: TypeAlias = tuple[str, Callable[[], IO[bytes]]]

#: Seconds for which a ticket is good, and tickets at most.
GOOD, MOST = 60.0, 100


class Tickets(Generic[T]):
    """What each ticket stands for. Used in the server's thread only."""

    def __init__(self) -> None:
        self._tickets: dict[str, tuple[T, float]] = {}

    def give(self, what: T) -> str:
        """A new ticket; where there are too many, the oldest is void."""
        now = time.monotonic()
        self._tickets = {key: value for key, value in self._tickets.items() if value[1] > now}
        while len(self._tickets) >= MOST:
            del self._tickets[next(iter(self._tickets))]
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = (what, now + GOOD)
        return ticket

    def take(self, ticket: str) -> T:
        """What a ticket stands for; it is void afterwards.

        :raises ConfigError: it is not valid (any more).
        """
        what, until = self._tickets.pop(ticket, (None, 0.0))
        if what is None or time.monotonic() > until:
            raise ConfigError("this link is no longer valid: ask again", "link_over")
        return what
