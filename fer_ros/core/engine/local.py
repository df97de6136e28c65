"""Workers of this machine: processes of ours, each of one thread, under a scheduler in this process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import FerError
from fer_ros.core.engine import dask_engine
from fer_ros.core.engine.dask_engine import DaskEngine

#: Seconds that the workers may take to start, also on a busy machine.
START = 120.0
#: A worker that ends is replaced; so often in all, since one that cannot run at all would be replaced for ever.
REPLACEMENTS = 20


@contextlib.contextmanager
def started(count: int) -> Iterator[DaskEngine]:
    """Start workers; a worker that dies is replaced.

    :raises FerError: they do not start.
    """
    dask_engine.prepare()
    # A scheduler runs whatever it is sent, so other users of this machine must not be able to reach it.
    keys = Security.temporary()
    # Before Dask adds a folder of its own to Python's path, which others might write to.
    command = isolation.command("fer_ros.core.engine.worker")
    with (
        tempfile.TemporaryDirectory(prefix="fer_") as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(
            n_workers=0, dashboard_address="127.0.0.1:0", protocol="tls", host="127.0.0.1", security=keys
        ) as cluster,
        Client(cluster.scheduler_address, security=keys, set_as_default=False) as client,
        _Processes(command, cluster.scheduler_address, keys, folder, count) as processes,
    ):
        try:
            client.wait_for_workers(count, timeout=START)
        except TimeoutError as error:
            raise FerError(f"the workers do not start{processes.said()}") from error
        yield DaskEngine(client, "the scheduler of this command")


class _Processes:
    """The processes, each watched by a thread that starts another one when it ends."""

    def __init__(self, command: list[str], address: str, keys: Security, folder: str, count: int) -> None:
        own = {"tls_ca_file": keys.tls_ca_file, "tls_worker_cert": keys.tls_worker_cert}
        asked = {"address": address, "folder": folder, "security": {**own, "tls_worker_key": keys.tls_worker_key}}
        self._command = command
        self._asked, self._count = json.dumps(asked).encode() + b"\n", count
        self._errors = tempfile.TemporaryFile()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._left, self._closed = count + REPLACEMENTS, False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> _Processes:
        for number in range(self._count):
            thread = threading.Thread(target=self._keep, name=f"worker {number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()
        for thread in self._threads:
            thread.join()
        self._errors.close()

    def said(self) -> str:
        """The last line that a worker wrote."""
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode("utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1].strip()}" if lines else ""

    def _keep(self) -> None:
        while (process := self._start()) is not None:
            process.wait()
            with self._lock:
                self._running.discard(process)
            if process.stdin:
                process.stdin.close()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._closed or not self._left:
                return None
            self._left -= 1
            process = isolation.start(
                self._command,
                stdin=subprocess.PIPE,
                stdout=self._errors,
                stderr=self._errors,
                env={**os.environ, **isolation.ONE_THREAD},
            )
            self._running.add(process)
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            process.stdin.write(self._asked)
            process.stdin.flush()
        return process
