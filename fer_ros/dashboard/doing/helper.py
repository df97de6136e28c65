"""A process that answers by lines, and lives while somebody asks: it holds up neither the page nor the robot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import threading
import time

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import FerError
from fer_ros.dashboard.robot import Json, Robot, Unavailable

#: Seconds after the last question after which the process ends, and that an answer may take: of a new model, all its
#: samples may have to be read first.
IDLE, ANSWER = 10.0, 60.0


class Helper:
    """One question at a time. Used in the server's thread; the process is waited for in another."""

    def __init__(self, module: str, robot: Robot) -> None:
        """Nothing runs yet.

        :param module: lives by :func:`fer_ros.core.base.isolation.serve`.
        """
        self._module, self._robot, self._detector = module, robot, ""
        self._process: subprocess.Popen[str] | None = None
        self._asked = 0.0
        self._lock = asyncio.Lock()

    async def ask(self, question: Json) -> Json:
        """Ask the process, which is started where none runs.

        :param question: is put with the ``detector`` that the robot used when the process was started.
        :raises Unavailable: it has ended, or took too long.
        :raises FerError: it has refused.
        """
        async with self._lock:
            if self._process is None:
                self._detector = await self._robot.detector()
            question = {"detector": self._detector, **question}
            told = await asyncio.to_thread(self._converse, f"{json.dumps(question)}\n")
            self._asked = time.monotonic()
        if "error" in told:
            raise FerError(told["error"], told["code"], **told["values"])
        return told

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
        process = self._process
        if process is None:
            process = self._process = isolation.converse(self._module, stderr=subprocess.DEVNULL)
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
            raise Unavailable("the process that reads pictures has ended: try again", "fault") from error
        finally:
            late.cancel()

    def _end(self) -> None:
        """Let the process end, and free what it held."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError, ValueError):
                process.communicate()
