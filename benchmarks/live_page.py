"""`fer live --dashboard` with the sample, for the benchmarks that read its page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: What a page says first.
HELLO = {"type": "hello", "version": 1, "client": "benchmark", "session": "20260101-000000"}
#: Seconds for the start.
START = 60.0


@dataclass(frozen=True)
class LivePage:
    """A running dashboard.

    :ivar url: of its page, with a slash at its end.
    :ivar pid: of the process.
    """

    url: str
    pid: int
    home: Path
    log: IO[str]

    def cpu_seconds(self) -> float:
        """CPU time so far, of all threads, user and system (proc(5), fields 14 and 15 of ``stat``)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_bytes(self) -> int:
        """Bytes that it has written to its log and to the standard error."""
        files = [file for file in (self.home / "log").rglob("*") if file.is_file()]
        return os.fstat(self.log.fileno()).st_size + sum(file.stat().st_size for file in files)


@contextmanager
def live_page(*settings: str) -> Iterator[LivePage]:
    """Start it on any free port, in a home of its own; end it afterwards.

    :param settings: further ones, as ``--set`` takes them.
    """
    words = [word for setting in ("dashboard.port=0", *settings) for word in ("--set", setting)]
    command = [sys.executable, "-m", "fer_ros.cli.main", "live", "--dashboard", "--source", "sample", *words]
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as log:
        environment = {**os.environ, "FER_HOME": home, "ROS_LOG_DIR": f"{home}/log"}
        live = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environment)
        try:
            deadline = time.monotonic() + START
            while not (found := re.search(r"dashboard: (\S+/)", _text(log))):
                if live.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"no dashboard: {_text(log)}")
                time.sleep(0.1)
            yield LivePage(found.group(1), live.pid, Path(home), log)
        finally:
            live.send_signal(signal.SIGINT)
            live.wait()


def _text(log: IO[str]) -> str:
    return os.pread(log.fileno(), 1 << 16, 0).decode(errors="replace")
