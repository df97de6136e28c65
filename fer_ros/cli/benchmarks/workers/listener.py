"""A subscriber in a process of its own: when does an emotion arrive, counted from the acquisition of its frame?

``python -m fer_ros.cli.benchmarks.workers.listener TOPIC`` says ``ready``, takes fer_msgs/EmotionArray, says
``first`` when one comes that has a face, goes on until standard input closes, then prints one JSON object:
``first_ns`` and ``face_ns``, when the first message and the first with a face came (``time.monotonic_ns``, 0: never),
``acquired``, the stamps of the messages' frames, and ``intervals``: name → durations in seconds, one a message.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any


def main(topic: str) -> None:
    """Listen; stamps are of the system clock, as those of the camera node."""
    import rclpy

    from fer_msgs.msg import EmotionArray

    over = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        over.set()

    intervals: dict[str, list[float]] = {}
    stamps: list[int] = []
    first: list[int] = []
    faces: list[int] = []

    def take(message: Any) -> None:
        now = time.time_ns()
        if not first:
            first.append(time.monotonic_ns())
        if message.emotions and not faces:
            faces.append(time.monotonic_ns())
            print("first", flush=True)
        times = message.times
        passed = {
            "received": times.received,
            "detected": times.detected,
            "classified": times.classified,
            "published": times.published,
        }
        last = acquired = _ns(message.header.stamp)
        stamps.append(acquired)
        for name, stamp in passed.items():
            at = _ns(stamp)
            intervals.setdefault(name, []).append((at - last) / 1e9)
            last = at
        intervals.setdefault("delivered", []).append((now - last) / 1e9)
        intervals.setdefault("whole", []).append((now - acquired) / 1e9)

    rclpy.init()
    node: Any = rclpy.create_node("bench_listener")
    node.create_subscription(EmotionArray, topic, take, 10)
    threading.Thread(target=wait_for_end, daemon=True).start()
    print("ready", flush=True)
    while not over.is_set():
        rclpy.spin_once(node, timeout_sec=0.1)
    print(
        json.dumps({"first_ns": sum(first), "face_ns": sum(faces), "acquired": stamps, "intervals": intervals}),
        flush=True,
    )
    node.destroy_node()
    rclpy.shutdown()


def _ns(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


if __name__ == "__main__":
    main(sys.argv[1])
