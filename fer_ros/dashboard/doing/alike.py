"""Which taught pictures are most like the face that is read now: found by a process that lives while somebody asks."""

from __future__ import annotations

import asyncio
import base64

from fer_ros.core.base.errors import ConfigError
from fer_ros.dashboard.doing.helper import Helper
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.robot import Json, Robot
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub

#: Samples that are told.
MOST = 5


class AlikeSamples:
    """Used in the server's thread."""

    def __init__(self, robot: Robot, hub: Hub, models: Models, reader: TakeReader) -> None:
        """Nothing runs yet."""
        self._hub, self._models, self._reader = hub, models, reader
        self._helper = Helper("fer_ros.core.training.alike.worker", robot)
        self.look = self._helper.look

    async def find(self, client: Client, face: int) -> Json:
        """The taught samples most like a face that was just read.

        :param face: its number; 0: the largest.
        :returns: ``samples``, the most alike first, each with its ``label`` and, if the client itself recorded it,
            ``take``, ``stamp`` and ``picture``; those of others have none.
        :raises FerError: no such face was read, or the model in use was not taught here.
        """
        name, seen = self._models.in_use, self._hub.last_face(face)
        if not name or seen is None:
            raise ConfigError("that face was not read just now: ask while it is shown", "face_not_seen")
        picture, found = seen
        asked = {"model": name, "width": picture.width, "box": found["box"], "eyes": found["eyes"], "most": MOST}
        told = await self._helper.ask({**asked, "picture": base64.b64encode(picture.data).decode()})
        return {"samples": await asyncio.to_thread(self._pictured, client.bag, told["samples"])}

    def _pictured(self, bag: str, samples: list[Json]) -> list[Json]:
        """The samples as the page gets them; nobody is shown what others have recorded."""
        told = []
        for sample in samples:
            take, stamp = sample["take"], sample["stamp"]
            mine = {"take": take, "stamp": str(stamp)} if sample["bag"] == bag else {}
            picture = self._reader.pictures(bag, take, [stamp])[0] if mine else ""
            told.append({"label": sample["label"], **mine, "picture": picture})
        return told
