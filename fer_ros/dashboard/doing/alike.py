"""Which taught pictures are most like the face that is read now: found by a process that lives while somebody asks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import subprocess
import threading
import time

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.dashboard.robot import Json, Robot, Unavailable
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub

#: Samples that are told.
MOST = 5
#: Seconds after the last question after which the process ends, and that an answer may take: of a new model, all its
#: samples may have to be read first.
IDLE, ANSWER = 10.0, 60.0


class AlikeSamples:
    """One question at a time. Used in the server's thread; the process is waited for in another."""

    def __init__(self, robot: Robot, hub: Hub, models: Models, reader: TakeReader) -> None:
        """Nothing runs yet."""
        self._robot, self._hub, self._models, self._reader = robot, hub, models, reader
        self._process: subprocess.Popen[str] | None = None
        self._detector = ""
        self._asked = 0.0
        self._lock = asyncio.Lock()

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
        async with self._lock:
            if self._process is None:
                self._detector = await self._robot.detector()
            asked |= {"detector": self._detector, "picture": base64.b64encode(picture.data).decode()}
            told = await asyncio.to_thread(self._converse, f"{json.dumps(asked)}\n")
            self._asked = time.monotonic()
        if "samples" not in told:
            raise FerError(told["error"], told["code"], **told["values"])
        return {"samples": await asyncio.to_thread(self._pictured, client.bag, told["samples"])}

    async def look(self) -> None:
        """End the process when nobody asks any more; runs until cancelled."""
        try:
            while True:
                await asyncio.sleep(1.0)
                if self._process is not None and not self._lock.locked() and time.monotonic() - self._asked > IDLE:
                    await asyncio.to_thread(self._end)
        finally:
            if self._process is not None:
                self._process.kill()
                self._end()

    def _converse(self, line: str) -> Json:
        """Ask the process, which is started where none runs.

        :raises Unavailable: it has ended, or took too long.
        """
        process = self._process
        if process is None:
            process = self._process = isolation.converse(
                "fer_ros.core.training.alike.worker", stderr=subprocess.DEVNULL
            )
        assert process.stdin is not None and process.stdout is not None
        late = threading.Timer(ANSWER, process.kill)
        late.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            told: Json = json.loads(process.stdout.readline())
            return told
        except (OSError, ValueError) as error:
            process.kill()
            self._end()
            raise Unavailable("the taught pictures could not be compared: try again", "fault") from error
        finally:
            late.cancel()

    def _end(self) -> None:
        """Let the process end, and free what it held."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError, ValueError):
                process.communicate()

    def _pictured(self, bag: str, samples: list[Json]) -> list[Json]:
        """The samples as the page gets them; nobody is shown what others have recorded."""
        told = []
        for sample in samples:
            take, stamp = sample["take"], sample["stamp"]
            mine = {"take": take, "stamp": str(stamp)} if sample["bag"] == bag else {}
            picture = self._reader.pictures(bag, take, [stamp])[0] if mine else ""
            told.append({"label": sample["label"], **mine, "picture": picture})
        return told
