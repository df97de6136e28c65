"""Recording from the page: who holds a button and until when, and what each person has recorded."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fer_ros.core.base.errors import FerError
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.robot import Json, RecordState, Refused, Robot
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub
from fer_ros.dashboard.talking.protocol import HOLD

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds between two looks at whether a button is still held.
LOOK = 0.2
#: Seconds after which a bag that nobody records into is closed; until then the recorder listens to the pictures, so
#: that the next take begins at once.
IDLE = 60.0
#: Seconds that the recorder's status may take to tell that a take has ended.
PAUSED = 1.0
#: Seconds for which a take that was begun may be unknown to the recorder's status.
BEGIN = 3.0


class Busy(FerError):
    """Somebody else is doing it now."""


class Recording:
    """One client at a time. Used in the server's thread only."""

    def __init__(self, robot: Robot, hub: Hub, reader: TakeReader, max_take: float) -> None:
        """Nothing is recorded yet.

        :param max_take: longest take, seconds.
        """
        self._robot, self._hub, self._reader, self._max_take = robot, hub, reader, max_take
        self._holder: Client | None = None
        self._deadline = self._began = self._used = 0.0
        self._confirmed = False
        self._state = RecordState()
        self._changed = asyncio.Event()
        self._bag = ""  # that was recorded into from here and may be open still
        # Start, stop and discard one after the other, whoever asks, also when the asking connection is gone by then.
        self._lock = asyncio.Lock()
        self._tell()

    @property
    def holder(self) -> Client | None:
        """The client that holds a button."""
        return self._holder

    @property
    def foreign(self) -> bool:
        """Whether somebody records by other means than this page."""
        return self._holder is None and self._state.state == "recording" and self._state.bag != self._bag

    async def start(self, client: Client, label: str, subject: str) -> None:
        """Press a button; if another label is held, the recording changes to the new one.

        :raises Busy: somebody else records.
        :raises FerError: the recorder refused, or does not run.
        """
        if not client.open:
            return
        if self.foreign or self._holder not in (None, client):
            raise Busy("somebody else is recording: try again when they have let go", "others_record")
        self._holder, self._confirmed = client, False
        self._began = time.monotonic()
        self._deadline = self._began + HOLD
        self._tell()
        async with self._lock:
            if self._holder is not client:  # let go, or gone, in the meantime
                return
            self._bag = client.bag
            try:
                await self._robot.start_recording(label, subject, self._max_take, client.bag)
            except FerError:
                if self._holder is client:
                    self._holder = None
                self._tell()
                raise
            self._began = self._used = time.monotonic()

    async def stop(self, client: Client) -> Json:
        """Let the button go.

        :returns: ``take`` and ``samples`` of the take; the take is 0 if none was begun.
        :raises FerError: the recorder does not run.
        """
        done = {"take": 0, "samples": 0}
        if self._holder is client:
            await self._release()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._paused(), PAUSED)
            if self._state.bag == client.bag:
                done = {"take": self._state.take, "samples": self._state.samples}
        await self.tell_takes(client)
        return done

    def hold(self, client: Client) -> None:
        """Confirm that the button is still held."""
        if self._holder is client:
            self._deadline = time.monotonic() + HOLD

    async def gone(self, client: Client) -> None:
        """Note that a connection has ended; if it held a button, the take ends."""
        if self._holder is client:
            try:
                await self._release()
            except FerError as error:
                log.warning("the take of a browser that has gone could not be ended: %s", error)

    async def discard(self, client: Client, take: int) -> Json:
        """Move one of the client's own takes to the trash.

        :returns: its ``samples``.
        :raises FerError: the recorder refused, or does not run.
        """
        await self.let_go(client)
        return {"samples": await self.change(client, lambda: self._robot.discard(client.bag, take))}

    async def restore(self, client: Client, take: int, entry: str) -> Json:
        """Bring samples of one of the client's own takes back.

        :param entry: the trash's name of them; empty: the newest of the take.
        :returns: the ``samples``.
        :raises FerError: they are not in the trash any more, or the recorder does not run.
        """
        return {"samples": await self.change(client, lambda: self._robot.restore(client.bag, take, entry))}

    async def let_go(self, client: Client) -> None:
        """End the take of a client, if it holds a button.

        :raises FerError: the recorder does not run.
        """
        if self._holder is client:
            await self._release()

    async def add(self, client: Client, work: Callable[[], Awaitable[T]]) -> T:
        """As :meth:`change`, for what opens the client's bag; it is closed when nobody has used it for a while."""
        self._bag = client.bag
        return await self.change(client, work)

    async def change(self, client: Client, work: Callable[[], Awaitable[T]]) -> T:
        """Change the client's bag while nobody else starts or stops, and tell what it holds then.

        :raises FerError: what the work raises.
        """
        async with self._lock:
            self._used = time.monotonic()
            done = await work()
        await self.tell_takes(client)
        return done

    def on_state(self, state: RecordState) -> None:
        """Take the recorder's status."""
        ended = self._state.state == "recording" != state.state
        self._state = state
        self._changed.set()
        holder = self._holder
        if holder is not None and state.bag == holder.bag and not self._lock.locked():
            if state.state == "recording":
                self._confirmed = True
            elif self._confirmed or time.monotonic() - self._began > BEGIN:
                # It ended by itself: its limit, a full disk, or somebody called the service.
                self._holder = None
        self._tell()
        if ended:
            bags = {client.bag: client for client in self._hub}
            if state.bag in bags:
                self._hub.spawn(self.tell_takes(bags[state.bag]))

    async def look(self) -> None:
        """End takes whose button is no longer held, and close unused bags; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            now, holder = time.monotonic(), self._holder
            try:
                if holder is not None:
                    self._used = now
                    if now > self._deadline:
                        await self._release()
                elif self._bag and now - self._used > IDLE:
                    await self._close_bag()
            except FerError as error:
                log.warning("a recording from the dashboard could not be ended: %s", error)

    async def end(self) -> None:
        """End the held take and close the bag, because the server ends."""
        with contextlib.suppress(FerError):
            if self._holder is not None:
                await self._release()
            elif self._bag:
                await self._close_bag()

    async def tell_takes(self, client: Client) -> None:
        """Tell a client, and all others of the same person, what their bag holds."""
        takes = await asyncio.to_thread(self._reader.read, client.bag)
        for other in {client, *self._hub}:
            if other.bag == client.bag and other.open:
                other.tell(
                    {"type": "takes", "session": other.session, "counts": takes.counts, "takes": takes.to_list()}
                )

    def message(self, client: Client) -> Json:
        """The status for a client. Of another person's recording it learns only that there is one."""
        state = self._state
        others = self.foreign or self._holder not in (None, client)
        own = state.bag == client.bag and not others
        shown = state if own else RecordState(state="recording" if others else "idle")
        return {
            "type": "record",
            "state": shown.state,
            "holder": "other" if others else "me" if self._holder is client else None,
            "label": shown.label,
            "take": shown.take,
            "samples": shown.samples,
            "without_face": shown.without_face,
            "dropped": shown.dropped,
            "elapsed": round(shown.elapsed, 2),
            "limit": self._max_take,
            "message": shown.message,
            "reason": shown.reason,
        }

    async def _release(self) -> None:
        self._holder = None
        self._tell()
        async with self._lock:
            self._used = time.monotonic()
            if self._holder is None:
                # It refuses where the take has ended by itself.
                with contextlib.suppress(Refused):
                    await self._robot.pause_recording()

    async def _paused(self) -> None:
        while self._state.state == "recording":
            self._changed.clear()
            await self._changed.wait()

    async def _close_bag(self) -> None:
        async with self._lock:
            bag, self._bag = self._bag, ""
            if self._holder is None and self._state.bag == bag and self._state.state in ("paused", "failed"):
                await self._robot.stop_recording()

    def _tell(self) -> None:
        self._hub.tell_each("record", self.message)
