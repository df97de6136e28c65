"""The offset of a browser's clock from ours, estimated from pings (as in NTP, RFC 5905, section 8)."""

from __future__ import annotations

from collections import deque

#: Exchanges that are remembered: of the shortest, the least is due to the network.
REMEMBERED = 16
#: Pings that may be unanswered; older ones are forgotten.
OPEN = 8
#: Milliseconds beyond which an answer tells nothing.
MAX_ROUND_TRIP = 10_000.0


class ClockOffset:
    """The estimate for one browser. All times in milliseconds since the epoch, each of its own clock."""

    def __init__(self) -> None:
        self._sent: dict[int, float] = {}
        self._exchanges: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._number = 0

    @property
    def offset(self) -> float | None:
        """The browser's clock minus ours; None before the first exchange."""
        return min(self._exchanges)[1] if self._exchanges else None

    @property
    def round_trip(self) -> float | None:
        """The shortest round trip remembered."""
        return min(self._exchanges)[0] if self._exchanges else None

    def ping(self, now: float) -> int:
        """Note an outgoing ping.

        :returns: its number.
        """
        self._number += 1
        self._sent[self._number] = now
        while len(self._sent) > OPEN:
            del self._sent[next(iter(self._sent))]
        return self._number

    def pong(self, number: int, theirs: float, now: float) -> None:
        """Take an answer; ignore one to a ping that was never sent.

        :param theirs: the browser's time when it answered.
        """
        sent = self._sent.pop(number, None)
        if sent is None or not 0.0 <= now - sent <= MAX_ROUND_TRIP:
            return
        self._exchanges.append((now - sent, theirs - (sent + now) / 2.0))

    def ours(self, theirs: float) -> float | None:
        """A time of the browser's clock as one of ours; None before the first exchange."""
        offset = self.offset
        return None if offset is None else theirs - offset
