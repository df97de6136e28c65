"""What it costs that somebody watches the dashboard, and how old the pictures are that they get.

    python benchmarks/dashboard.py [--seconds 10] [--json]

Starts `fer live --dashboard` with the sample, and a client in this process that takes pictures and emotions and answers
each at once, as a page does. On a machine that does something else meanwhile the figures mean little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import numpy as np

from fer_ros.dashboard.talking.protocol import BINARY

HELLO = {"type": "hello", "version": 1, "client": "benchmark", "session": "20260101-000000"}
#: Seconds for the start, and for things to settle before each measurement.
START, SETTLE = 60.0, 2.0


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, all its threads, user and system (proc(5), fields 14 and 15 of ``stat``)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, pid: int, seconds: float) -> dict[str, float]:
    """Without a client, then with one that watches."""

    async def share() -> float:
        await asyncio.sleep(SETTLE)
        cpu, began = cpu_seconds(pid), time.monotonic()
        await asyncio.sleep(seconds)
        return (cpu_seconds(pid) - cpu) / (time.monotonic() - began)

    ages: list[float] = []
    alone = await share()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}ws", max_msg_size=0) as socket:

        async def take() -> None:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    _, _, _, sequence, stamp, *_ = BINARY.unpack_from(message.data)
                    ages.append(time.time() * 1e3 - stamp)
                    await socket.send_json({"type": "seen", "seq": sequence})

        taking = asyncio.create_task(take())
        await socket.send_json(HELLO)
        await socket.send_json({"type": "watch", "video": True, "emotions": True, "fps": 30})
        watched = await share()
        taking.cancel()
    recent = np.array(ages[-int(20 * seconds) :])
    return {
        "cores_alone": round(alone, 3),
        "cores_watched": round(watched, 3),
        "cores_added": round(watched - alone, 3),
        "pictures_per_second": round(len(ages) / (seconds + SETTLE), 1),
        "age_median_ms": round(float(np.median(recent)), 1),
        "age_p95_ms": round(float(np.percentile(recent, 95)), 1),
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of the two measurements")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as log:
        live = subprocess.Popen(
            [sys.executable, "-m", "fer_ros.cli.main", "live", "--dashboard", "--source", "sample",
             "--set", "dashboard.port=0"],
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "FER_HOME": home},
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START
            while not (found := re.search(r"dashboard: (\S+/)", _text(log.fileno()))):
                if live.poll() is not None or time.monotonic() > deadline:
                    print(f"no dashboard: {_text(log.fileno())}", file=sys.stderr)
                    return 1
                time.sleep(0.1)
            figures = asyncio.run(measure(found.group(1), live.pid, args.seconds))
        finally:
            live.send_signal(signal.SIGINT)
            live.wait()
    print(json.dumps(figures) if args.json else "\n".join(f"{name:20} {value}" for name, value in figures.items()))
    return 0


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 16, 0).decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
