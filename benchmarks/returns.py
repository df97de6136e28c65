#!/usr/bin/env python3
"""Kill a subscriber of the camera's pictures again and again: when does the one that follows it get its first picture?

    python benchmarks/returns.py --rounds 50
    python benchmarks/returns.py --rounds 50 --common     # with the ports that Fast DDS chooses

The camera goes on. Each subscriber is killed (`kill -9`) once it has had a picture, and the next one starts at once.
Counted from the moment at which it has subscribed. Prints one JSON object with seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

from fer_ros.cli.benchmarks.scenarios import over_ros
from fer_ros.cli.benchmarks.workers.processes import Child

#: Seconds after which a round counts as without a picture.
PATIENCE = 20.0


def main() -> int:
    """Kill, wait, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=50, help="how often (default %(default)s)")
    parser.add_argument("--common", action="store_true", help="let Fast DDS choose the ports")
    parser.add_argument("--subscriber", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.subscriber:
        _subscribe(arguments.common)
        return 0
    if not 1 <= arguments.rounds <= 10_000:
        raise SystemExit("--rounds must be from 1 to 10000")
    environment = over_ros.alone()
    names = ["--ros-args", "-r", "__ns:=/fer", "-p", "source:=sample"]
    with Child("fer_ros.nodes.camera", names, environment):
        _round(arguments.common, environment)  # the camera starts, too
        seconds = [_round(arguments.common, environment) for _ in range(arguments.rounds)]
    found = [value for value in seconds if value is not None]
    figures = dict(zip(("min", "median", "p95", "max"), np.percentile(found, (0, 50, 95, 100)), strict=True))
    told = {"rounds": len(seconds), "without": len(seconds) - len(found), "load": os.getloadavg()[0]}
    print(json.dumps({**told, **{name: round(float(value), 3) for name, value in figures.items()}}))
    return 0


def _round(common: bool, environment: dict[str, str]) -> float | None:
    words = [sys.executable, __file__, "--subscriber", *(["--common"] if common else [])]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        assert child.stdout
        child.stdout.readline()
        ready = time.monotonic()
        return time.monotonic() - ready if child.stdout.readline().startswith("picture") else None
    finally:
        child.kill()
        child.communicate()


def _subscribe(common: bool) -> None:
    import rclpy
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    from fer_ros.nodes import middleware

    middleware.prepare()
    if common:
        middleware.prepared()
    rclpy.init()
    node = rclpy.create_node("subscriber")
    middleware.prepared()
    pictures: list[Image] = []
    node.create_subscription(Image, "/fer/image_raw", pictures.append, qos_profile_sensor_data)
    print("ready", flush=True)
    deadline = time.monotonic() + PATIENCE
    while not pictures and time.monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.1)
    print("picture" if pictures else "nothing", flush=True)
    time.sleep(PATIENCE)  # until it is killed


if __name__ == "__main__":
    sys.exit(main())
