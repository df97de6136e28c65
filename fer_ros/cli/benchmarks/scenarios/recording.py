"""What recording costs: camera and recorder as processes of their own, on a domain of their own, without inference."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from fer_ros.cli import machine
from fer_ros.cli.benchmarks.scenarios import homes
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.core.base.errors import FerError

START_S, END_S = 90.0, 20.0


def measure(source: str, seconds: float) -> dict[str, Any]:
    """Record for a while.

    :param source: plugin of the camera; it sets the rate and the size of the frames.
    :returns: ``recorder_cpu_percent`` and ``camera_cpu_percent`` of one core, ``frames_per_second`` written, and the
        recorder's counts: ``received``, ``written``, ``without_face``, ``dropped``.
    :raises FerError: a process failed.
    """
    domain = random.choice([d for d in range(1, 102) if str(d) != os.environ.get("ROS_DOMAIN_ID")])
    ros = ["--ros-args", "-r", "__ns:=/fer"]
    with homes.fresh() as home:
        alone = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "FER_HOME": home}
        with (
            Child("fer_ros.nodes.camera", [*ros, "-p", f"source:={source}"], alone) as camera,
            Child("fer_ros.nodes.recorder", [*ros, "-p", "record_without_face:=true"], alone) as recorder,
            Child("fer_ros.cli.benchmarks.workers.recording_client", [str(seconds)], alone) as client,
        ):
            begin, before = client.line(START_S), [machine.cpu_seconds(child.pid) for child in (camera, recorder)]
            end, after = (
                client.line(START_S + seconds),
                [machine.cpu_seconds(child.pid) for child in (camera, recorder)],
            )
            counts = client.line(END_S)
            if begin is None or end is None or counts is None:
                client.finish(END_S)
                raise FerError("the recording ended before it was measured")
            client.finish(END_S)
    passed = (end[0] - begin[0]) / 1e9
    shares = [round(100 * (b - a) / passed, 1) for a, b in zip(before, after, strict=True)]
    found = json.loads(counts[1])
    return {
        "camera_cpu_percent": shares[0],
        "recorder_cpu_percent": shares[1],
        "frames_per_second": round(found["written"] / passed, 1),
        **found,
    }
