#!/usr/bin/env python3
"""Measure how long a correction takes, from the call of record/correct to the new model in use, while everything runs.

    python benchmarks/correction.py [--corrections 10] [--samples 40] [--json]

`fer live --dashboard` runs camera, inference, recorder, trainer and dashboard in one process, on the photographed face,
whose pictures take as long as a camera's. Two labels of so many samples are recorded first. Each correction keeps the
last second of the face and teaches the head anew; the seconds of the parts are those that the trainer wrote down.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rclpy
from std_srvs.srv import Trigger

from fer_msgs.srv import CorrectEmotion, StartRecording

NAMESPACE, LABELS = "/corrected", ("happy", "sad")
#: Seconds that a call may take; frames of another second are seen between two corrections.
PATIENCE, BETWEEN = 60.0, 1.5


class Robot:
    """A client of the running robot."""

    def __init__(self) -> None:
        rclpy.init()
        self._node = rclpy.create_node("measuring")

    def call(self, kind: Any, name: str, request: Any) -> tuple[Any, float]:
        """The answer of a service, and the seconds until it came."""
        client = self._node.create_client(kind, f"{NAMESPACE}/{name}")
        if not client.wait_for_service(timeout_sec=PATIENCE):
            raise SystemExit(f"{name} is not there")
        began = time.monotonic()
        asked = client.call_async(request)
        rclpy.spin_until_future_complete(self._node, asked, timeout_sec=PATIENCE)
        took = time.monotonic() - began
        answer = asked.result()
        if answer is None or not answer.success:
            raise SystemExit(f"{name}: {answer.message if answer else 'no answer'}")
        return answer, took

    def teach(self, samples: int) -> None:
        """Record the labels."""
        for label in LABELS:
            request = StartRecording.Request(label=label, samples=samples)
            self.call(StartRecording, "record/start", request)
            time.sleep(BETWEEN + samples / 20)
        self.call(Trigger, "record/stop", Trigger.Request())


def main() -> int:
    """Run, correct, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corrections", type=int, default=10)
    parser.add_argument("--samples", type=int, default=40, help="of each of two labels (default %(default)s)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fer_") as home:
        os.environ["FER_HOME"] = home
        command = [sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample", "--dashboard"]
        command += ["--namespace", NAMESPACE, "--set", "dashboard.port=0"]
        with (Path(home) / "log").open("wb") as log:
            live = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            rows = corrections(args.corrections, args.samples)
        finally:
            live.terminate()
            live.wait(30)
    took = [row["seconds"] for row in rows]
    found = {"median": statistics.median(took), "most": max(took), "corrections": rows}
    if args.json:
        print(json.dumps(found))
        return 0
    for row in rows:
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in row["parts"].items())
        print(f"{row['label']}: {row['seconds']:.2f} s ({parts})")
    print(f"median {found['median']:.2f} s, most {found['most']:.2f} s")
    return 0


def corrections(count: int, samples: int) -> list[dict[str, Any]]:
    """Teach, then correct so often."""
    robot = Robot()
    robot.teach(samples)
    rows = []
    for number in range(count):
        time.sleep(BETWEEN)
        label = LABELS[(number + 1) % len(LABELS)]
        answer, took = robot.call(CorrectEmotion, "record/correct", CorrectEmotion.Request(label=label))
        report = json.loads((Path(os.environ["FER_HOME"]) / "models" / answer.model / "training.json").read_text())
        rows.append({"label": label, "seconds": took, "samples": answer.samples, "parts": report["phases"]})
    return rows


if __name__ == "__main__":
    sys.exit(main())
