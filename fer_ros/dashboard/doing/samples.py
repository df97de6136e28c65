"""Samples from the page: looked at one by one, moved, and made of a browser's files."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from fer_ros.core.bags.messages import END_OF_TIME
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import new_label, resolve
from fer_ros.dashboard.doing.helper import Helper
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.recording import Busy, Recording
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.robot import Json, Robot, Unavailable
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.protocol import Binary

#: Parts of a file at most, files that wait to be added, and bytes of all that wait here, of whatever browser.
PARTS, FILES, WAITING = 16, 64, 64 << 20


@dataclass(slots=True)
class _File:
    """A file that is coming, or that has come: all its parts, and when it was taken, nanoseconds."""

    sequence: int
    parts: int
    stamp: int
    data: list[bytes] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return len(self.data) == self.parts


class Samples:
    """Used in the server's thread only; the disk is read in another."""

    def __init__(self, robot: Robot, models: Models, recording: Recording, reader: TakeReader) -> None:
        """No file waits."""
        self._robot, self._models, self._recording, self._reader = robot, models, recording, reader
        self._helper = Helper("fer_ros.dashboard.doing.reading_worker", robot)
        self.look = self._helper.look
        self._files: dict[Client, list[_File]] = {}

    async def list(self, client: Client, label: str) -> Json:
        """Which samples of a label the client's bag has: ``total``, and ``takes`` with their ``stamps``."""
        return await asyncio.to_thread(self._reader.samples, client.bag, label)

    async def pictures(self, client: Client, take: int, stamps: Sequence[str]) -> Json:
        """What the network sees of some samples: ``pictures``, data URLs in the order of the stamps.

        :raises ConfigError: a stamp is none.
        """
        return {"pictures": await asyncio.to_thread(self._reader.pictures, client.bag, take, _numbers(stamps))}

    async def revise(self, client: Client, take: int, stamps: Sequence[str], label: str) -> Json:
        """Move samples of a take to the trash, or under another label.

        :returns: ``samples``, the new ``take``, and the ``entry`` by which they come back.
        :raises FerError: the recorder refused, or does not run.
        """
        chosen = _numbers(stamps)
        await self._recording.let_go(client)
        return await self._recording.change(client, lambda: self._robot.revise(client.bag, take, chosen, label))

    async def take(self, client: Client, part: Binary) -> None:
        """Take a part of a file. What is out of order is thrown away, and told."""
        files = self._files.setdefault(client, [])
        number, parts, stamp = part.width, part.height, round(part.stamp * 1e6)
        if number == 0 and (not files or files[-1].whole) and len(files) < FILES:
            files.append(_File(part.sequence, parts, stamp if 0 < stamp < END_OF_TIME else 0))
        fits = bool(files) and (files[-1].sequence, files[-1].parts, len(files[-1].data)) == (
            part.sequence,
            parts,
            number,
        )
        if not fits or not 1 <= parts <= PARTS:
            self.forget(client)
            client.complain("picture", "a part of a file is missing: send it again", seq=part.sequence)
        elif self._waiting + len(part.data) > WAITING:
            self.forget(client)
            client.complain("picture", "too many files wait to be added: try again later", seq=part.sequence)
        else:
            files[-1].data.append(bytes(part.data))

    async def add(self, client: Client, label: str, subject: str, count: int) -> Json:
        """Make samples of the files that have come.

        :param count: how many were sent.
        :returns: ``take``, ``samples``, ``without_face``, ``refused`` and ``reasons``.
        :raises Busy: somebody records.
        :raises FerError: not all have come, or the recorder refused or does not run.
        """
        found = self._sent(client, count)
        new_label(label)
        if self._recording.holder is not None or self._recording.foreign:
            raise Busy("somebody is recording: wait until they let go", "others_record")
        return await self._recording.add(client, lambda: self._robot.add_pictures(client.bag, label, subject, found))

    async def preview(self, client: Client, count: int) -> Json:
        """What the model in use says of the files that have come; they become no samples.

        :param count: how many were sent.
        :returns: ``answers``, one a file: ``label`` and ``confidence`` of the largest face, ``label`` "" where there is
            no face; null where the file cannot be read.
        :raises FerError: not all have come, or the model is not known or cannot be run.
        """
        found = self._sent(client, count)
        if not self._models.in_use:
            raise Unavailable("inference does not run: start it, then try again", "not_there", node="inference")
        pictures = [base64.b64encode(data).decode() for _, data in found]
        return await self._helper.ask({"model": self._models.in_use, "pictures": pictures})

    async def check(self, label: str) -> Json:
        """Whether a label can be taught.

        :returns: ``means``: the one of the robot's that it is another name of; empty where it is new.
        :raises FerError: it cannot be.
        """
        return {"means": resolve(new_label(label), await self._robot.labels()) or ""}

    def forget(self, client: Client) -> None:
        """Throw away what a client has sent."""
        self._files.pop(client, None)

    def _sent(self, client: Client, count: int) -> Sequence[tuple[int, bytes]]:
        """When each file of a client was taken, nanoseconds, and what is in it; they wait no more."""
        files = self._files.pop(client, [])
        if len([file for file in files if file.whole]) != count or len(files) != count:
            raise ConfigError("not all of the files have come: send them again", "files_missing")
        return [(file.stamp, b"".join(file.data)) for file in files]

    @property
    def _waiting(self) -> int:
        return sum(len(data) for files in self._files.values() for file in files for data in file.data)


def _numbers(stamps: Sequence[str]) -> list[int]:
    """:raises ConfigError: one is no time."""
    found = [int(stamp) for stamp in stamps]
    for stamp in found:
        if not 0 < stamp < END_OF_TIME:
            raise ConfigError(f"{stamp} is no stamp of a sample")
    return found
