"""The connected clients: what they watch, and the messages for all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

from fer_ros.dashboard.robot import Json, Preview, Robot
from fer_ros.dashboard.talking import protocol
from fer_ros.dashboard.talking.client import Client, Watch

log = logging.getLogger(__name__)

#: Seconds for which the robot goes on delivering what nobody watches: a page that is hidden is often back at once, and
#: to subscribe anew takes a second or more.
LINGER = 5.0
#: Seconds after a picture after which none is taken to come any more.
STALE = 2.5
#: Pictures whose results may be on their way.
SHOWN = 16

#: Makes what one client is told, such as whether it is the one that records.
ForClient = Callable[[Client], Json]


class Hub:
    """The clients. Used in the server's thread only."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._clients: dict[Client, None] = {}
        self._kept: dict[str, Any] = {}
        self._watched = (False, False)
        self._shown: deque[Preview] = deque(maxlen=SHOWN)
        self._newest: Preview | None = None
        self._came = 0.0
        self._read: tuple[Preview, Json] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._clients))

    def add(self, client: Client) -> None:
        """Welcome a client: send it the kept messages."""
        self._clients[client] = None
        for text in self._kept.values():
            client.send(text if isinstance(text, str) else protocol.encode(text(client)))

    def remove(self, client: Client) -> None:
        """Remove a client that has gone."""
        client.open = False
        self._clients.pop(client, None)
        self._look()

    def tell(self, message: Json, keep: bool = False) -> None:
        """Tell all.

        :param keep: tell later clients too, until there is another message of this type.
        """
        text = protocol.encode(message)
        if keep:
            self._kept[message["type"]] = text
        for client in self:
            client.send(text)

    def tell_each(self, kind: str, make: ForClient) -> None:
        """Tell each client a message made for it, now and when it connects later."""
        self._kept[kind] = make
        for client in self:
            client.tell(make(client))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # asyncio itself holds tasks weakly
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the dashboard failed: %s: %s", type(error).__name__, error)

    def forget(self, kind: str) -> None:
        """Stop telling later clients."""
        self._kept.pop(kind, None)

    def watch(self, client: Client, watch: Watch) -> None:
        """Note that a client wants to see something else."""
        client.change_watch(watch)
        self._look()

    def show(self, picture: Preview) -> None:
        """Send a picture to the clients that watch."""
        self._newest, self._came = picture, time.monotonic()
        self._shown.append(replace(picture, whole=None))  # which may hold a large one
        for client in self._clients:
            client.offer_picture(picture)

    def show_emotions(self, message: Json) -> None:
        """Send the result of a frame to the clients that watch."""
        for picture in self._shown:
            if picture.stamp / 1e6 == message["stamp"]:
                self._read = picture, message
        text = protocol.encode(message)
        for client in self._clients:
            client.offer_emotions(text)

    def last_face(self, number: int) -> tuple[Preview, Json] | None:
        """The newest picture whose result is known, and a face in it; None where nothing was read, or not that face.

        :param number: its ``id``; 0: the largest.
        """
        if self._read is None:
            return None
        picture, message = self._read
        face = next((face for face in message["faces"] if number in (0, face["id"])), None)
        return None if face is None else (picture, face)

    @property
    def newest(self) -> Preview | None:
        """The picture that came last; None where none comes."""
        return self._newest if time.monotonic() - self._came < STALE else None

    def show_stats(self, message: Json) -> None:
        """Send figures to the clients that watch."""
        text = protocol.encode({**message, "clients": len(self)})
        for client in self:
            if client.watch.video or client.watch.emotions:
                client.send(text)

    def _look(self) -> None:
        """Make the robot deliver what somebody watches; the rest ends a little later."""
        wanted = self._wanted()
        if any(new and not old for new, old in zip(wanted, self._watched, strict=True)):
            self._say(wanted[0] or self._watched[0], wanted[1] or self._watched[1])
        if wanted != self._watched:
            self.spawn(self._look_later())

    async def _look_later(self) -> None:
        await asyncio.sleep(LINGER)
        self._say(*self._wanted())

    def _wanted(self) -> tuple[bool, bool]:
        """Whether somebody watches pictures, and emotions."""
        return any(c.watch.video for c in self._clients), any(c.watch.emotions for c in self._clients)

    def _say(self, pictures: bool, emotions: bool) -> None:
        if (pictures, emotions) != self._watched:
            self._watched = pictures, emotions
            if not pictures:
                self._shown.clear()
                self._newest = self._read = None
            self._robot.watch(pictures, emotions)
