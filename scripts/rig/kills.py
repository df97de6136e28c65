"""Each node killed again and again: how long until it is back, and what the others missed."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import statistics
import time
from functools import partial
from typing import Any

from scripts.rig.tools import NODES, Failed, expect, launched, listening, pids, until

#: Seconds between two kills of one node: the growing pause of its return begins anew after 20 s.
APART, BACK, PORT = 22.0, 3.0, 8765
#: Seconds without a message of another node that count as lost, at 30 a second.
GAP = 0.5


def kills(rounds: int) -> str:
    """Kill each node in turn; ``rounds`` times all of them."""
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import CameraInfo

    from fer_msgs.msg import EmotionArray, RecordStatus, TrainProgress

    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    back: dict[str, list[float]] = {node: [] for node in NODES}
    gaps: dict[str, float] = dict.fromkeys(NODES, 0.0)
    with launched("source:=sample", "dashboard:=true") as launch, listening() as ear:
        heard: dict[str, list[tuple[float, Any]]] = {
            "camera": ear.hear(CameraInfo, "/fer/camera_info"),
            "inference": ear.hear(EmotionArray, "/fer/emotions"),
            "recorder": ear.hear(RecordStatus, "/fer/record/status", latched),
            "trainer": ear.hear(TrainProgress, "/fer/train/progress", latched),
        }
        until(lambda: all(heard.values()) and _answers() and all(pids(node) for node in NODES), "all nodes")
        for _ in range(rounds):
            began = time.monotonic()
            for place, node in enumerate(NODES):
                time.sleep(max(0.0, began + place * APART / len(NODES) - time.monotonic()))
                [pid] = pids(node)
                os.kill(pid, signal.SIGKILL)
                at = time.monotonic()
                try:
                    if node == "dashboard":
                        until(lambda: not _answers(), "the page gone", 5.0)
                        until(_answers, "the page back", 20.0)
                    else:
                        until(partial(_newer, heard[node], at + 0.2), f"{node} back", 20.0)
                except Failed as missing:
                    silent = [name for name, times in heard.items() if times[-1][0] < at]
                    told = f"{missing}, after {sum(map(len, back.values()))} kills; silent: {', '.join(silent)}"
                    raise Failed(f"{told}; {launch.text[-1500:]}") from None
                back[node].append(time.monotonic() - at)
                time.sleep(0.3)
                for other in ("camera", "inference"):
                    if other != node and not (node == "camera" and other == "inference"):
                        gaps[node] = max(gaps[node], _longest_gap(heard[other], at))
            time.sleep(max(0.0, began + APART - time.monotonic()))
    worst = {node: max(times) for node, times in back.items()}
    told = "; ".join(
        f"{node} {statistics.median(back[node]):.2f} s (longest {worst[node]:.2f}), others' gap {gaps[node]:.2f} s"
        for node in NODES
    )
    expect(max(worst.values()) <= BACK and max(gaps.values()) < GAP, f"{rounds} kills each: {told}")
    return f"{rounds} kills each, back after: {told}"


def _newer(heard: list[tuple[float, Any]], moment: float) -> bool:
    return heard[-1][0] > moment


def _answers() -> bool:
    with socket.socket() as end:
        end.settimeout(0.2)
        return end.connect_ex(("127.0.0.1", PORT)) == 0


def _longest_gap(heard: list[tuple[float, Any]], since: float) -> float:
    times = [at for at, _ in heard if at > since - 0.2]
    return max((b - a for a, b in itertools.pairwise(times)), default=float("inf"))
