"""`fer live --dashboard`: the page of everything, and emotions all the same where there can be no page."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]

Run = Callable[..., Any]
LIVE = (sys.executable, "-m", "fer_ros.cli.main", "live", "--dashboard", "--source", "sample")


def test_the_page_is_served_and_named(start: Run, fer_home: Path) -> None:
    process = start(*LIVE, "--json", "--set", "dashboard.port=0", "--set", "recorder.storage=sqlite3")
    deadline = time.monotonic() + 60
    while not (found := re.search(r"dashboard: (http://127\.0\.0\.1:\d+/)\n", process.err)):
        assert process.popen.poll() is None and time.monotonic() < deadline, process.err
        time.sleep(0.1)
    with urllib.request.urlopen(f"{found.group(1)}healthz", timeout=120) as answer:
        assert answer.read() == b"ok\n"
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert done.code == 0 and "Traceback" not in done.err, done.err
    assert all(json.loads(line) for line in done.out.splitlines())  # nothing else on standard output


def test_a_port_that_is_taken_is_a_warning_and_not_the_end(fer: Run, fer_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = fer(*LIVE[3:], "--frames", "5", "--set", f"dashboard.port={port}")
    assert done.code == 0 and "5 frames" in done.out, done.err
    assert f"port {port}" in done.err and "choose another port" in done.err


def test_a_setting_that_is_not_known_is_refused(fer: Run, fer_home: Path) -> None:
    done = fer(*LIVE[3:], "--set", "dashboard.prot=9000")
    assert done.code == 2 and "prot" in done.err and "Traceback" not in done.err
