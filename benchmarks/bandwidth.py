#!/usr/bin/env python3
"""Measure what each topic costs on a network: one subscriber at a time, over UDP on a loopback of its own."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

NAMESPACE = "/fer"
#: Set in the process that has a network of its own.
ALONE = "FER_BANDWIDTH_ALONE"
NETWORK = 'ip link set lo up multicast on && exec "$@"'


def main() -> int:
    """Start the nodes, listen to one topic after the other, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each topic")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    if ALONE not in os.environ:
        # Nothing else shall be counted, and nobody else shall hear it.
        os.environ[ALONE] = "1"
        os.execvp("unshare", ["unshare", "-rn", "sh", "-c", NETWORK, "sh", sys.executable, *sys.argv])
    os.environ.update(
        FASTDDS_BUILTIN_TRANSPORTS="UDPv4",  # also between processes of one machine
        ROS_AUTOMATIC_DISCOVERY_RANGE="SUBNET",  # LOCALHOST would bring shared memory back
        ROS_LOG_DIR=tempfile.mkdtemp(),
        FER_HOME=tempfile.mkdtemp(),
    )
    nodes = subprocess.Popen(
        [sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample"], stdout=subprocess.DEVNULL
    )
    try:
        rows = measure(options.seconds)
    finally:
        nodes.send_signal(signal.SIGINT)
        nodes.wait(10)
    if options.json:
        print(json.dumps(rows))
        return 0
    print("| topic | messages/s | bytes each | kB/s | kB/s on the wire |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['topic']} | {row['rate']:.1f} | {row['bytes']:.0f} | {row['kb']:.1f} | {row['wire_kb']:.1f} |")
    return 0


def measure(seconds: float) -> list[dict[str, Any]]:
    """A row for each topic of the nodes; the first one is what they send with no subscriber of ours."""
    import rclpy
    from rclpy.qos import QoSProfile

    rclpy.init(args=[])
    node = rclpy.create_node("bandwidth")
    deadline = time.monotonic() + 30.0
    wanted = {f"{NAMESPACE}/{name}" for name in ("emotion", "image_raw", "model")}
    while not wanted <= (types := _topics(node)).keys():
        if time.monotonic() > deadline:
            sys.exit("the nodes do not show up")
        rclpy.spin_once(node, timeout_sec=0.2)
    sizes: list[int] = []
    rows = []
    for topic in ("", *sorted(types)):
        subscription = topic and node.create_subscription(
            _class(types[topic]), topic, lambda data: sizes.append(len(data)), QoSProfile(depth=10), raw=True
        )
        _spin(rclpy, node, 1.0)  # until it has found them
        sizes.clear()
        before, began = _wire(), time.monotonic()
        _spin(rclpy, node, seconds)
        took = time.monotonic() - began
        rows.append(
            {
                "topic": topic or "(none: discovery)",
                "rate": len(sizes) / took,
                "bytes": sum(sizes) / max(1, len(sizes)),
                "kb": sum(sizes) / took / 1000,
                "wire_kb": (_wire() - before) / took / 1000,
            }
        )
        if subscription:
            node.destroy_subscription(subscription)
    idle = rows[0]["wire_kb"]
    for row in rows[1:]:
        row["wire_kb"] -= idle
    node.destroy_node()
    rclpy.shutdown()
    return rows


def _topics(node: Any) -> dict[str, str]:
    return {
        name: types[0]
        for name, types in node.get_topic_names_and_types()
        if name == "/diagnostics" or (name.startswith(NAMESPACE) and not name.endswith("transition_event"))
    }


def _class(name: str) -> Any:
    package, folder, kind = name.split("/")
    return getattr(importlib.import_module(f"{package}.{folder}"), kind)


def _spin(rclpy: Any, node: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        rclpy.spin_once(node, timeout_sec=left)


def _wire() -> int:
    """Bytes that went over loopback so far."""
    with open("/proc/net/dev", encoding="ascii") as table:
        (line,) = (line for line in table if line.strip().startswith("lo:"))
    return int(line.partition(":")[2].split()[0])


if __name__ == "__main__":
    sys.exit(main())
