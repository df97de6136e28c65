"""What was taught from this page as one file, and such a file, of a phone or another robot, as a bag and a model."""

from __future__ import annotations

import asyncio
import itertools
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from fer_ros.core import bags
from fer_ros.core.bags.storages import DEFAULT
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import importing
from fer_ros.core.exporting import project, project_file
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.recording import Busy
from fer_ros.dashboard.doing.tickets import Download, Tickets
from fer_ros.dashboard.robot import Json
from fer_ros.dashboard.talking.client import Client

#: Bytes of a file that are held in memory; a larger one goes through a temporary file.
IN_MEMORY = 16 << 20
#: Bytes of a project's file at most: what it may hold, and its list.
MAX_FILE = project_file.MAX_BYTES + project_file.MAX_LIST
#: Seconds that sending one may take.
SENDING = 600.0


class Projects:
    """Saves and opens projects, one at a time. Used in the server's thread; the disk is read in another."""

    def __init__(self, models: Models, downloads: Tickets[Download]) -> None:
        self._models, self._downloads = models, downloads
        self._uploads: Tickets[str] = Tickets()
        self._busy = asyncio.Lock()

    async def save(self, client: Client) -> Json:
        """Make a link that fetches the faces that this person has recorded here, and the model in use, if it is taught.

        :returns: its ``url``.
        :raises ConfigError: there is neither.
        """
        name = self._models.in_use
        folders = [bag for bag in await asyncio.to_thread(bags.listing) if bag.name == client.bag]
        own = bool(name) and await asyncio.to_thread(lambda: paths.in_home(paths.model_path(name)))
        if not folders and not own:
            raise ConfigError("there is nothing to save yet: record or train first", "project_empty")

        def zipped() -> IO[bytes]:
            out: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
            try:
                with project_file.Writer(out) as writer:
                    project.write(writer, folders, Bundle.load(name) if own else None, "auto", lambda done: None)
                out.seek(0)
            except BaseException:
                out.close()
                raise
            return out

        return {"url": f"/download/{self._downloads.give((f'fer-{client.session}.zip', zipped))}"}

    async def open(self, name: str) -> Json:
        """Make a link to which one project can be sent.

        :param name: of the file; bag and model get it, or one like it that is free.
        :returns: its ``url``.
        """
        return {"url": f"/upload/{self._uploads.give(name)}"}

    async def receive(self, ticket: str, chunks: AsyncIterator[bytes]) -> Json:
        """Take a project that is sent.

        :returns: ``bag`` (empty: none), ``pictures``, and ``model`` (empty: none).
        :raises Busy: another one is taken in.
        :raises FerError: the ticket is not valid, or the project is no good; nothing of it is kept.
        """
        wanted = self._uploads.take(ticket)
        if self._busy.locked():
            raise Busy("another project is opened at this moment: try again when it is done", "project_busy")
        async with self._busy:
            with tempfile.NamedTemporaryFile(prefix="fer_project_", suffix=".zip") as file:
                await asyncio.wait_for(_received(chunks, file), SENDING)
                name = await asyncio.to_thread(_free, wanted)
                saved = await asyncio.to_thread(_opened, Path(file.name), name)
        await self._models.tell()
        return {"bag": name if saved.labels else "", "pictures": sum(saved.labels.values()), "model": saved.model}


async def _received(chunks: AsyncIterator[bytes], file: IO[bytes]) -> None:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_FILE:
            text = f"the project is larger than {MAX_FILE >> 20} MB"
            raise ConfigError(text, "project_large", megabytes=MAX_FILE >> 20)
        await asyncio.to_thread(file.write, chunk)
    file.flush()


def _free(wanted: str) -> str:
    """A name like the wanted one that neither a bag nor a model has."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", wanted.removesuffix(".zip")).strip("._-")[:50] or "project"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    taken = set(paths.model_names())
    return next(one for one in names if one not in taken and not (bags.bag_folder() / one).exists())


def _opened(file: Path, name: str) -> project.Saved:
    facts = importing.facts(Path(f"{name}.zip"), "")
    try:
        return project.load(file, bags.bag_folder() / name, name, facts, DEFAULT)
    except ConfigError as error:
        raise ConfigError(str(error).replace(f"{file}: ", ""), "project_unreadable") from error
