"""A real scheduler and real workers over loopback, as a user starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs fer_ros[cluster]")


class Cluster:
    """Processes of ``dask scheduler`` and ``dask worker``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(file))
        until = time.monotonic() + 60
        while not (file.is_file() and file.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        self.address: str = json.loads(file.read_text())["address"]

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder),
            "--death-timeout", "60", environment=environment,
        )  # fmt: skip

    def _start(self, what: str, *arguments: str, environment: dict[str, str] | None = None) -> Any:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *arguments]
        with (self._folder / f"{what}.log").open("ab") as log:
            env = {**os.environ, **(environment or {})}
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[[], Cluster]]:
    """Make a cluster without workers."""
    made: list[Cluster] = []

    def make() -> Cluster:
        made.append(Cluster(tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.end()
