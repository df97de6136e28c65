"""The parts of the server that carry out requests, and which of them does what."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from fer_ros.dashboard.doing.alike import AlikeSamples
from fer_ros.dashboard.doing.correcting import Correcting
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.phone import Phone
from fer_ros.dashboard.doing.photograph import Photographs
from fer_ros.dashboard.doing.projects import Projects
from fer_ros.dashboard.doing.recording import Recording
from fer_ros.dashboard.doing.samples import Samples
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.doing.tickets import Download, Tickets
from fer_ros.dashboard.doing.training import Training
from fer_ros.dashboard.robot import Robot
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.dashboard.talking import protocol
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.connection import Action, Taker
from fer_ros.dashboard.talking.hub import Hub


class Doing:
    """All that the page can have done. Used in the server's thread only.

    :ivar actions: request → its handler; names and fields are those of ``protocol.REQUESTS``.
    :ivar takers: kind of a binary message → what takes it.
    """

    def __init__(self, robot: Robot, hub: Hub, settings: DashboardSettings) -> None:
        """Nothing is done yet."""
        reader = TakeReader()
        link = Path(settings.camera_socket).expanduser() if settings.camera_socket else None
        self.downloads: Tickets[Download] = Tickets()
        self.models = Models(robot, hub, self.downloads)
        self.projects = Projects(self.models, self.downloads)
        self.recording = Recording(robot, hub, reader, settings.max_take)
        self.training = Training(robot, hub, self.models, self.recording, reader)
        self._phone = Phone(robot, hub, link)
        self._samples = Samples(robot, self.models, self.recording, reader)
        self._alike = AlikeSamples(robot, hub, self.models, reader)
        self._photographs = Photographs(hub, self.downloads)
        self._correcting = Correcting(robot, self.recording, self.training, self.models)
        self.takers: Mapping[int, Taker] = {protocol.CAMERA: self._phone.take, protocol.FILE: self._samples.take}
        self.actions = self._actions()

    def helpers(self) -> list[Coroutine[Any, Any, None]]:
        """What must run beside, until it is cancelled."""
        return [part.look() for part in (self.recording, self._phone, self._alike, self._samples)]

    async def gone(self, client: Client) -> None:
        """End what a client that has gone was doing."""
        await self.recording.gone(client)
        await self._phone.stop(client)
        self._samples.forget(client)

    async def end(self) -> None:
        """End what is being done."""
        await asyncio.gather(self.recording.end(), self._phone.end())

    def _actions(self) -> dict[str, Action]:
        recording, samples, models, projects = self.recording, self._samples, self.models, self.projects
        return {
            "record.start": lambda c, m: recording.start(c, m["label"], m["subject"]),
            "record.stop": lambda c, m: recording.stop(c),
            "record.discard": lambda c, m: recording.discard(c, m["take"]),
            "record.revise": lambda c, m: samples.revise(c, m["take"], m["stamps"], m["label"]),
            "record.restore": lambda c, m: recording.restore(c, m["take"], m["entry"]),
            "samples.list": lambda c, m: samples.list(c, m["label"]),
            "samples.pictures": lambda c, m: samples.pictures(c, m["take"], m["stamps"]),
            "samples.add": lambda c, m: samples.add(c, m["label"], m["subject"], m["count"]),
            "samples.preview": lambda c, m: samples.preview(c, m["count"]),
            "samples.alike": lambda c, m: self._alike.find(c, m["face"]),
            "photograph": lambda c, m: self._photographs.take(c, m["face"]),
            "correct": lambda c, m: self._correcting.correct(c, m["label"], m["face"], m["subject"]),
            "correct.undo": lambda c, m: self._correcting.undo(c),
            "label.check": lambda c, m: samples.check(m["label"]),
            "train.start": lambda c, m: self.training.start(c, **m.fields),
            "train.material": lambda c, m: self.training.material(),
            "train.cancel": lambda c, m: self.training.cancel(),
            "models.list": lambda c, m: models.list(),
            "model.load": lambda c, m: models.load(m["name"]),
            "model.rename": lambda c, m: models.rename(m["name"], m["new"]),
            "model.delete": lambda c, m: models.delete(m["name"]),
            "model.download": lambda c, m: models.ticket(m["name"], m["names"]),
            "project.save": lambda c, m: projects.save(c),
            "project.open": lambda c, m: projects.open(m["name"]),
            "camera.start": lambda c, m: self._phone.start(c),
            "camera.stop": lambda c, m: self._phone.stop(c),
        }
