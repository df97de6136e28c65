#!/usr/bin/env python3
"""Start camera, inference and a listener as three processes, again and again: when does the first emotion arrive?

    python benchmarks/starts.py --rounds 100

All three are started at once, each round in a ROS domain of its own. Counted from the start of the first process to the
first emotion that the listener gets. The listener knows nothing of our settings of the middleware. Prints a line a
round, then one JSON object with the distribution; status 1 where a round took longer than ``--limit`` seconds.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np

from fer_ros.cli.benchmarks.scenarios import over_ros
from fer_ros.cli.benchmarks.workers.processes import Child

#: Seconds after which a round has failed, and domains that rounds take in turn.
PATIENCE, DOMAINS = 30.0, 20


def main() -> int:
    """Start, listen, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often (default %(default)s)")
    parser.add_argument("--limit", type=float, default=2.0, help="seconds a round may take (default %(default)s)")
    parser.add_argument("--domain", type=int, default=50, help="first ROS domain to use (default %(default)s)")
    arguments = parser.parse_args()
    if not 1 <= arguments.rounds <= 10_000 or not 0 <= arguments.domain <= 80:
        raise SystemExit("--rounds must be from 1 to 10000, --domain from 0 to 80")
    seconds = []
    for number in range(arguments.rounds):
        seconds.append(_round(arguments.domain + number % DOMAINS))
        print(f"{number + 1:5d}  {seconds[-1]:6.2f} s", flush=True)
    low, median, p95, high = (float(value) for value in np.percentile(seconds, (0, 50, 95, 100)))
    late = sum(value > arguments.limit for value in seconds)
    figures = {"min": low, "median": median, "p95": p95, "max": high}
    print(json.dumps({"rounds": len(seconds), "late": late, **{k: round(v, 3) for k, v in figures.items()}}))
    return 1 if late else 0


def _round(domain: int) -> float:
    environment = {**over_ros.alone(), "ROS_DOMAIN_ID": str(domain)}
    names = ["--ros-args", "-r", "__ns:=/fer"]
    with (
        Child("fer_ros.nodes.camera", [*names, "-p", "source:=sample"], environment) as camera,
        Child("fer_ros.nodes.inference", names, environment),
        Child("fer_ros.cli.benchmarks.workers.listener", [over_ros.TOPIC], environment) as listener,
    ):
        listener.line(PATIENCE)  # ready
        first = listener.line(PATIENCE)
        if first is None:
            raise SystemExit("the listener ended by itself")
        return (first[0] - camera.started) / 1e9


if __name__ == "__main__":
    sys.exit(main())
