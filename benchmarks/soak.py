#!/usr/bin/env python3
"""Let camera and inference run for long: does memory stay flat, does the latency stay what it was?

    python benchmarks/soak.py --minutes 10

Runs ``fer live --json`` on the sample at 30 frames a second in a process of its own and looks at it every ten seconds.
Memory is compared from the second tenth of the run on, when all that is loaded late is loaded; latency is that from the
acquisition stamp to the hand-over to the middleware. Prints a line a look, then one JSON object; status 1 where memory
grew by more than 5 MB, or the median latency of the last third is over 1.5 times that of the first.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time

from fer_ros.cli import machine
from fer_ros.cli.benchmarks.scenarios.over_ros import alone
from fer_ros.cli.benchmarks.workers.processes import Child

#: Seconds between two looks, to start, and between two lines; megabytes and times that are allowed.
EVERY, START_S, LINE_S = 10.0, 60.0, 20.0
GROWTH_MB, DRIFT = 5.0, 1.5


def main() -> int:
    """Run, look, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default %(default)s)")
    parser.add_argument("--fps", type=float, default=30.0, help="frames a second (default %(default)s)")
    parser.add_argument("--model", default="default", help="name of a model (default %(default)s)")
    arguments = parser.parse_args()
    if not 0.5 <= arguments.minutes <= 10_000 or not 1 <= arguments.fps <= 1000:
        raise SystemExit("--minutes must be from 0.5 to 10000, --fps from 1 to 1000")
    options = ["live", "--json", "--source", "sample", "--model", arguments.model]
    options += ["--set", f"sources.sample.fps={arguments.fps}"]
    memory: list[float] = []
    medians: list[float] = []
    with Child("fer_ros.cli.main", options, alone()) as live:
        latencies: list[float] = []
        live.line(START_S)
        began = look = time.monotonic()
        cpu = machine.cpu_seconds(live.pid)
        while time.monotonic() - began < 60.0 * arguments.minutes:
            line = live.line(LINE_S)
            if line is None:
                raise SystemExit("fer live ended by itself")
            times = json.loads(line[1])["times"]
            latencies.append((times["published"] - times["acquired"]) / 1e6)
            if time.monotonic() - look >= EVERY:
                look += EVERY
                memory.append(machine.memory(live.pid)["resident"] / 1e6)
                medians.append(statistics.median(latencies))
                print(f"{look - began:6.0f} s  {memory[-1]:7.2f} MB  {medians[-1]:6.3f} ms", flush=True)
                latencies.clear()
        passed = time.monotonic() - began
        share = (machine.cpu_seconds(live.pid) - cpu) / passed
    settled, third = memory[max(1, len(memory) // 10) :], max(1, len(medians) // 3)
    growth = max(settled) - settled[0]
    drift = statistics.median(medians[-third:]) / statistics.median(medians[:third])
    result = {
        "minutes": round(passed / 60.0, 2),
        "memory_mb": [round(value, 2) for value in memory],
        "growth_mb": round(growth, 2),
        "latency_ms": [round(value, 3) for value in medians],
        "drift": round(drift, 3),
        "cpu_percent": round(100 * share, 1),
    }
    print(json.dumps(result))
    return int(growth > GROWTH_MB or drift > DRIFT)


if __name__ == "__main__":
    sys.exit(main())
