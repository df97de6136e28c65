"""Child processes of the benchmark: started as from a shell, ended in any case, their lines read with a deadline."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import FerError


class Child:
    """A module of ours in a session of its own; leaving the ``with`` block ends it.

    :ivar started: when it was started, ``time.monotonic_ns``, which all processes of a machine share.
    """

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.name = module.rpartition(".")[2]
        given = {**os.environ, **(environment or {})}
        # The ROS wheels set a process up by starting Python anew, once: a user's process pays for that, so must this.
        given.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
        self._errors = tempfile.TemporaryFile()
        self.started = time.monotonic_ns()
        self._process = isolation.start(
            isolation.command(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=given,
            start_new_session=True,
        )
        self._lines: queue.Queue[tuple[int, str] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._errors.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put((time.monotonic_ns(), line.decode(errors="replace")))
        self._lines.put(None)

    def line(self, timeout: float) -> tuple[int, str] | None:
        """The next line of its output and when it came (``time.monotonic_ns``); None at its end.

        :raises FerError: there was none within ``timeout`` seconds.
        """
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            raise FerError(f"{self.name} said nothing for {timeout:g} s{self._said()}") from None

    def finish(self, timeout: float) -> None:
        """Close its input, which asks a listener to end, and wait.

        :raises FerError: it did not end in time, or with a status other than 0.
        """
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise FerError(f"{self.name} did not end within {timeout:g} s{self._said()}") from None
        if status:
            raise FerError(f"{self.name} ended with status {status}{self._said()}")

    def _said(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read(1 << 20).decode(errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""
