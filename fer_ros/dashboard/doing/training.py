"""Training from the page: one at a time; everybody can follow it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from typing import Any

from fer_ros.core import bags
from fer_ros.core.base import paths, registry, settings
from fer_ros.core.base.errors import ConfigError, FerError, unknown_name
from fer_ros.core.training.options import HEAD_SETTINGS
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.recording import Busy, Recording
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.robot import Json, Robot, reason_of
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub

#: Seconds that a training may take to end, and between two looks at that.
END, LOOK = 15.0, 0.1


class Nothing(ConfigError):
    """Nothing was recorded that a head could learn from."""


class Training:
    """Starts and cancels trainings, and keeps the outcome of the last one. Used in the server's thread only."""

    def __init__(self, robot: Robot, hub: Hub, models: Models, recording: Recording, reader: TakeReader) -> None:
        self._robot, self._hub, self._models = robot, hub, models
        self._recording, self._reader = recording, reader
        self._running = False

    async def start(self, client: Client, scope: str, head: str = "", name: str = "", **options: Any) -> None:
        """Begin a training; all clients get the result as ``train.result``.

        :param scope: ``mine`` or ``all``.
        :param options: further ones, as the request ``train`` of the trainer has them.
        :raises Busy: a training from here runs already.
        :raises Nothing: nothing is recorded yet.
        :raises ConfigError: the client still records, or a name is not allowed.
        """
        if self._running:
            raise Busy("a training runs already: wait for it, or cancel it", "training_runs")
        if self._recording.holder is client:
            raise ConfigError("let the button go first", "take_running")
        if head and head not in registry.names("heads"):
            raise unknown_name("head", head, registry.names("heads"))
        if name:
            paths.check_name("model", name)
        self._running = True
        try:
            if not await asyncio.to_thread(self._has_material, client.bag if scope == "mine" else ""):
                raise Nothing("nothing is recorded yet: hold a button first", "nothing_recorded")
        except BaseException:
            self._running = False
            raise
        self._hub.forget("train.result")
        asked = {"head": head, "name": name, **options}
        self._hub.spawn(self._run(client.bag, [client.bag] if scope == "mine" else [], asked))

    @property
    def running(self) -> bool:
        """Whether a training from here runs."""
        return self._running

    async def end(self) -> None:
        """End the training from here, if one runs, and wait for that."""
        deadline = time.monotonic() + END
        while self._running and time.monotonic() < deadline:
            # One that is finished cannot be cancelled any more; it is soon over.
            with contextlib.suppress(FerError):
                await self.cancel()
            await asyncio.sleep(LOOK)

    async def cancel(self) -> None:
        """End the training, whoever began it.

        :raises FerError: none runs, or the trainer does not.
        """
        await self._robot.cancel_training()

    def on_progress(self, message: Json) -> None:
        """Take the trainer's progress."""
        self._hub.tell(message, keep=True)

    async def material(self) -> Json:
        """What all recordings hold together: ``counts`` by label, and how many ``recordings`` there are."""
        return await asyncio.to_thread(_everything)

    def _has_material(self, bag: str) -> bool:
        """Whether a bag has something to learn from; without a bag, whether any has."""
        return bool(self._reader.read(bag).takes if bag else bags.listing())

    async def _run(self, whose: str, chosen: list[str], asked: Json) -> None:
        before, began = self._models.in_use or None, time.monotonic()
        try:
            result = await self._robot.train(chosen, asked)
        except FerError as error:
            why = {"message": str(error), "reason": reason_of(error)}
            result = {**NOTHING, **why, "seconds": time.monotonic() - began}
        finally:
            self._running = False
        told = {"type": "train.result", **result, "previous": before}
        # Everybody may see it, and each learns whether it is theirs.
        self._hub.tell_each("train.result", lambda client: {**told, "mine": client.bag == whose})
        await self._models.tell()


def known_heads() -> Json:
    """The heads that can be trained: name → setting → its default and its range, of those that a request may give."""
    heads = {}
    for name in registry.names("heads"):
        known = settings.fields(getattr(registry.load("heads", name), "Settings", settings.NoSettings))
        asked = {key: known[key] for key in HEAD_SETTINGS if key in known}
        heads[name] = {key: [default, limit.low, limit.high] for key, (_, default, limit) in asked.items()}
    return heads


def _everything() -> Json:
    counts: Counter[str] = Counter()
    folders = bags.listing()
    for folder in folders:
        # One that is damaged or gone in this moment is the business of `fer bags`.
        with contextlib.suppress(FerError, OSError):
            counts.update(bags.info(folder).labels)
    return {"counts": dict(counts), "recordings": len(folders)}


#: The result of a training that came to nothing.
NOTHING: Json = {
    "ok": False,
    "message": "",
    "reason": None,
    "model": "",
    "metrics": None,
    "baseline": None,
    "advice": None,
    "split": "",
    "counts": {"train": 0, "validation": 0, "test": 0},
    "history": {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []},
    "seconds": 0.0,
    "phases": {},
}
