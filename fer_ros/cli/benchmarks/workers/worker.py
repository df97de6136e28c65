"""A process that answers requests one at a time, so that it and we can be measured in turns."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import FerError


class Worker:
    """A command that says one line when it is ready, then one line of JSON for each request on standard input.

    Leaving the ``with`` block ends it.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Start it.

        :param name: what errors call it.
        """
        self.name = name
        self._errors = tempfile.TemporaryFile()
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
        try:
            self._process = isolation.start(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment
            )
        except OSError as error:
            self._errors.close()
            raise FerError(f"{name} cannot be started: {error}") from error

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe:
                pipe.close()

    def ready(self, timeout: float) -> dict[str, Any]:
        """What it says when it has loaded all it needs.

        :raises FerError: it failed, or said nothing for ``timeout`` seconds.
        """
        return self._answer(timeout)

    def ask(self, data: bytes, timeout: float = 30.0) -> dict[str, Any]:
        """Send a request and wait for the answer.

        :raises FerError: see :meth:`ready`.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError:
            raise self._failed() from None
        return self._answer(timeout)

    def _answer(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdout
        # A reader that waits in vain is woken by the end of the process.
        timer = threading.Timer(timeout, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            raise self._failed() from None
        return answer

    def _failed(self) -> FerError:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read(1 << 20).decode(errors="replace").strip().splitlines()
        return FerError(f"{self.name} gave no answer{': ' + lines[-1] if lines else ''}")
