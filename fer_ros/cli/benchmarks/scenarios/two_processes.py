"""Camera and inference as processes of their own, as the launch file starts them, and a subscriber in a third."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from fer_ros.cli import machine
from fer_ros.cli.benchmarks.scenarios import over_ros
from fer_ros.cli.benchmarks.tables.figures import megabytes
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.core.base.errors import FerError

START_S = 90.0
#: Seconds after the first emotion before processor time is counted: the start is over then.
SETTLE_S = 1.0


def measure(camera: Mapping[str, Any], inference: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Let both run at the source's own rate.

    :param camera: parameters of the node ``camera``; ``inference``: of the node ``inference``.
    :param seconds: for how long, after the first emotion.
    :returns: ``latency_ms`` as :func:`fer_ros.cli.benchmarks.scenarios.over_ros.measure`; ``first_emotion_s`` from the
        start of the inference's process to the first emotion in the third process; ``messages`` and their
        ``frames_per_second``; ``cpu_percent`` (of one core), ``memory_mb`` and ``peak_memory_mb`` of the inference;
        ``camera_cpu_percent``.
    :raises FerError: a process failed.
    """
    environment = over_ros.alone()
    with (
        Child("fer_ros.cli.benchmarks.workers.listener", [over_ros.TOPIC], environment) as listener,
        Child("fer_ros.nodes.camera", _arguments(camera), environment) as source,
    ):
        listener.line(START_S)
        with Child("fer_ros.nodes.inference", _arguments(inference), environment) as reader:
            if listener.line(START_S) is None:
                raise FerError("no emotion was published")
            time.sleep(SETTLE_S)
            began, before = time.monotonic(), [machine.cpu_seconds(child.pid) for child in (reader, source)]
            time.sleep(seconds)
            passed = time.monotonic() - began
            after = [machine.cpu_seconds(child.pid) for child in (reader, source)]
            memory = machine.memory(reader.pid)
            heard = over_ros.answer(listener)
            started = reader.started
    shares = [round(100 * (b - a) / passed, 1) for a, b in zip(before, after, strict=True)]
    stamps = heard["acquired"]
    span = (stamps[-1] - stamps[0]) / 1e9 if len(stamps) > 1 else 0.0
    return {
        "first_emotion_s": round((heard["face_ns"] - started) / 1e9, 3),
        "messages": len(stamps),
        "frames_per_second": round((len(stamps) - 1) / span, 1) if span else 0.0,
        "cpu_percent": shares[0],
        "camera_cpu_percent": shares[1],
        "memory_mb": megabytes(memory["resident"]),
        "peak_memory_mb": megabytes(memory["peak"]),
        "latency_ms": over_ros.latencies(heard),
    }


def _arguments(parameters: Mapping[str, Any]) -> Sequence[str]:
    given = ["--ros-args", "-r", "__ns:=/fer"]
    for name, value in parameters.items():
        given += ["-p", f"{name}:={value}"]
    return given
