"""The models on this machine, as the page shows and changes them."""

from __future__ import annotations

import asyncio
import functools
import tempfile
import time
import zipfile
from datetime import datetime
from typing import IO

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles import anonymous, model_list, model_store
from fer_ros.core.bundles.model_list import Listed
from fer_ros.dashboard.doing.tickets import Download, Tickets
from fer_ros.dashboard.robot import Json, Robot, reason_of
from fer_ros.dashboard.talking.hub import Hub

#: Seconds for which the list of models counts as fresh for who comes; another program may have changed them.
FRESH = 10.0
#: Bytes of a zip that are held in memory; a larger one goes through a temporary file.
IN_MEMORY = 16 << 20


class Models:
    """Lists, chooses, renames, deletes and packs models. Used in the server's thread; the disk is read in another."""

    def __init__(self, robot: Robot, hub: Hub, downloads: Tickets[Download]) -> None:
        self._robot, self._hub, self._downloads = robot, hub, downloads
        self._in_use: Json | None = None
        self._previous: str | None = None
        self._told = -FRESH
        self._shelf, self._listing = model_list.Shelf(), asyncio.Lock()
        # Changes one after the other.
        self._lock = asyncio.Lock()

    @property
    def in_use(self) -> str:
        """The name of the model in use; empty if unknown."""
        return str(self._in_use["name"]) if self._in_use else ""

    @property
    def previous(self) -> str | None:
        """The model that was in use before."""
        return self._previous

    def on_model(self, message: Json) -> None:
        """Inference uses a new model, or has repeated which one it uses."""
        if self._in_use is not None and self._in_use["name"] != message["name"]:
            self._previous = self._in_use["name"]
        self._in_use = message
        self._hub.tell({**message, "previous": self._previous}, keep=True)
        self._hub.spawn(self.tell())

    async def refresh(self) -> None:
        """Tell all clients which models there are, unless that happened a moment ago: it looks at every file."""
        if time.monotonic() - self._told > FRESH:
            await self.tell()

    async def tell(self) -> None:
        """Tell all clients which models there are; not in the middle of a change."""
        async with self._lock:
            self._told = time.monotonic()
            self._hub.tell({"type": "models", **await self.list()}, keep=True)

    async def list(self) -> Json:
        """Which models there are, which is in use, and which is selected for the next start."""
        async with self._listing:
            found = await asyncio.to_thread(self._shelf.listing)
        selected = await asyncio.to_thread(paths.selected)
        return {
            "selected": selected,
            "in_use": self.in_use,
            "models": [_facts(model) for model in found if not model.hidden],
        }

    async def load(self, name: str) -> Json:
        """Use a model, now and after the next start.

        :raises FerError: it does not exist, is damaged, or inference does not run.
        """
        async with self._lock:
            await self._robot.load_model(name)
            await asyncio.to_thread(model_store.select, name)
        await self.tell()
        return {"name": name}

    async def rename(self, old: str, new: str) -> Json:
        """Rename a model of the user; if it is in use, inference goes on under the new name.

        :raises FerError: see :func:`fer_ros.core.bundles.model_store.rename`.
        """
        async with self._lock:
            await asyncio.to_thread(model_store.rename, old, new)
            if self._previous == old:
                self._previous = new
            if self.in_use == old:
                await self._robot.load_model(new)
        await self.tell()
        return {"name": new}

    async def delete(self, name: str) -> Json:
        """Remove a model of the user's.

        :raises FerError: it is in use, does not exist, or came with the package.
        """
        async with self._lock:
            if name == self.in_use:
                raise ConfigError(f"model '{name}' is in use: choose another one first", "model_in_use", name=name)
            await asyncio.to_thread(model_store.delete, name)
            if self._previous == name:
                self._previous = None
        await self.tell()
        return {}

    async def ticket(self, name: str, names: bool = False) -> Json:
        """Make a link that fetches a model once.

        :param names: include the names of the people and bags that taught it.
        :returns: its ``url``.
        :raises ConfigError: there is no such model.
        """
        await asyncio.to_thread(paths.model_path, name)
        ticket = self._downloads.give((f"{name}.zip", functools.partial(_zipped, name, names)))
        return {"url": f"/download/{ticket}"}


def _zipped(name: str, names: bool) -> IO[bytes]:
    """:raises ConfigError: there is no such model."""
    contents = anonymous.files(paths.model_path(name), names)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
    try:
        # The weights are numbers that hardly get smaller; what counts is that it is quick.
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file, data in contents.items():
                archive.writestr(f"{name}/{file}", data)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _facts(model: Listed) -> Json:
    bundle = model.bundle
    facts: Json = {"name": model.name, "own": model.own, "bytes": model.bytes, "error": model.error}
    facts["reason"] = reason_of(model.why) if model.why else None
    if bundle is None:
        return facts
    return {
        **facts,
        "labels": list(bundle.labels),
        "backbone": bundle.backbone.plugin,
        "head": bundle.head.plugin,
        "accuracy": model_list.accuracy(bundle),
        "tested": int(tested) if isinstance(tested := bundle.quality.get("count"), (int, float)) else None,
        # Of a taught model, what was held out of its recordings; the name of a data set otherwise.
        "measured_on": "" if "trained_as" in bundle.data else str(bundle.quality.get("split", "")),
        "created": _milliseconds(bundle.data.get("created")),
    }


def _milliseconds(created: object) -> float | None:
    """A time as ``model.yaml`` states it, in milliseconds since the epoch."""
    try:
        return datetime.strptime(str(created), "%Y-%m-%dT%H:%M:%S%z").timestamp() * 1e3
    except (ValueError, OverflowError):
        return None
