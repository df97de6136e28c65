"""Correcting from the page: samples of the right label, a training with them, and one way back."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.recording import Busy, Recording
from fer_ros.dashboard.doing.training import Training
from fer_ros.dashboard.robot import Json, Robot, reason_of
from fer_ros.dashboard.talking.client import Client

#: Corrections that can be undone: the last one of so many people.
REMEMBERED = 32


@dataclass(frozen=True, slots=True)
class _Done:
    """A correction: the take that it made, and the model that was in use before."""

    bag: str
    take: int
    before: str


class Correcting:
    """Used in the server's thread only."""

    def __init__(self, robot: Robot, recording: Recording, training: Training, models: Models) -> None:
        self._robot, self._recording, self._training, self._models = robot, recording, training, models
        self._last: OrderedDict[str, _Done] = OrderedDict()

    async def correct(self, client: Client, label: str, face: int, subject: str) -> Json:
        """Keep the last second of a face as samples of a label, and begin to train on all recordings.

        :returns: ``samples`` that were kept, and ``message``: why no training began; empty where one did.
        :raises Busy: a training runs, or somebody records.
        :raises FerError: the recorder refused, or does not run.
        """
        if self._training.running:
            raise Busy("a training runs already: wait for it, then correct", "training_runs")
        if self._recording.holder is not None or self._recording.foreign:
            raise Busy("somebody is recording: wait until they let go, then correct", "others_record")
        before = self._models.in_use or ""
        bag, take, samples = await self._robot.correct(label, subject, face)
        self._last.pop(client.bag, None)
        self._last[client.bag] = _Done(bag, take, before)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        message, why = "", None
        try:
            await self._training.start(client, "all")
        except FerError as error:
            message, why = str(error), reason_of(error)
        await self._recording.tell_takes(client)
        return {"samples": samples, "message": message, "reason": why}

    async def undo(self, client: Client) -> Json:
        """Take the client's last correction back: its samples go to the trash, and the model from before is used.

        :returns: its ``samples``.
        :raises FerError: there is none, or it cannot be done.
        """
        done = self._last.pop(client.bag, None)
        if done is None:
            raise ConfigError("there is no correction to undo", "no_correction")
        await self._training.end()
        samples = await self._robot.discard(done.bag, done.take)
        if done.before and done.before != self._models.in_use:
            await self._models.load(done.before)
        await self._recording.tell_takes(client)
        return {"samples": samples}
