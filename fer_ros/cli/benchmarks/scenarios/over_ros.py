"""The same over ROS 2: ``fer live`` in one process, a subscriber in another, on a domain of their own."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import time
from typing import Any

from fer_ros.cli import machine
from fer_ros.cli.benchmarks.tables.figures import megabytes, milliseconds
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.core.base.errors import FerError

TOPIC = "/fer/emotions"
START_S, LINE_S, END_S = 60.0, 20.0, 20.0
#: Messages before those that count: while nodes still find each other, messages wait.
WARM_UP = 15


def missing() -> str:
    """What this cannot be measured without, empty where nothing is missing."""
    absent = [name for name in ("rclpy", "fer_msgs") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


def alone() -> dict[str, str]:
    """Environment of processes that hear each other and nobody else."""
    domain = random.choice([d for d in range(1, 102) if str(d) != os.environ.get("ROS_DOMAIN_ID")])
    return {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


def answer(listener: Child) -> dict[str, Any]:
    """End the listener; what it has heard, see its module.

    :raises FerError: it failed.
    """
    listener.finish(END_S)
    last = ""
    while (line := listener.line(END_S)) is not None:
        last = line[1]
    try:
        heard: dict[str, Any] = json.loads(last)
    except ValueError:
        raise FerError("the listener gave no answer") from None
    return heard


def latencies(heard: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Milliseconds of each leg, without the first messages."""
    return {name: milliseconds(values[WARM_UP:]) for name, values in heard["intervals"].items()}


def measure(options: list[str], frames: int) -> dict[str, Any]:
    """Run ``fer live --json --frames N`` beside a subscriber.

    :param options: further options of ``fer live``.
    :param frames: how many it shall read, at the source's own rate.
    :returns: ``first_emotion_s`` from the start of the process to its first line that has a face; ``latency_ms``
        from the acquisition stamp to reception in the subscriber (``whole``) and of each leg on the way: ``received``
        by inference, ``detected``, ``classified``, ``published``, ``delivered``; ``first_message_s`` from the start of
        the process to the first message in the subscriber, which includes that the nodes find each other; ``frames``
        read, ``messages`` that arrived, and how many after the first were ``lost``; ``memory_mb``,
        ``peak_memory_mb`` and ``cpu_percent`` (of one core) of the process of ``fer live``.
    :raises FerError: a process failed.
    """
    environment = alone()
    arguments = ["live", "--json", "--frames", str(WARM_UP + frames), *options]
    with Child("fer_ros.cli.benchmarks.workers.listener", [TOPIC], environment) as listener:
        listener.line(START_S)
        with Child("fer_ros.cli.main", arguments, environment) as live:
            run, sent = _watch(live)
        time.sleep(0.5)  # what is still on its way
        heard = answer(listener)
    came = set(heard["acquired"])
    after = [stamp for stamp in sent if came and stamp >= min(came)]
    return {
        **run,
        "first_message_s": round((heard["first_ns"] - live.started) / 1e9, 3) if came else None,
        "frames": len(sent),
        "messages": len(came),
        "lost": sum(stamp not in came for stamp in after),
        "latency_ms": latencies(heard),
    }


def _watch(live: Child) -> tuple[dict[str, Any], list[int]]:
    """Read the lines of ``fer live``; its memory and time are looked at with each, as they go with the process.

    :returns: the figures, and the acquisition stamps of all frames.
    """
    stamps: list[int] = []
    first, memory = 0.0, {"resident": 0, "peak": 0}
    begin: tuple[int, float] | None = None
    end = (0, 0.0)
    timeout = START_S
    while (line := live.line(timeout)) is not None:
        at, text = line
        timeout = LINE_S
        try:
            content = json.loads(text)
            faces = content["faces"]
            stamps.append(int(content["times"]["acquired"]))
        except (ValueError, KeyError, TypeError):
            raise FerError(f"fer live --json printed {text.strip()!r}, which is no line of a frame") from None
        if faces and not first:
            first = (at - live.started) / 1e9
        found = machine.memory(live.pid)
        memory = found if found["resident"] else memory
        used = machine.cpu_seconds(live.pid)
        if used:
            end = (at, used)
            begin = begin or end
    live.finish(END_S)
    if not first or begin is None:
        raise FerError("fer live saw no face")
    share = (end[1] - begin[1]) / max(1e-9, (end[0] - begin[0]) / 1e9)
    figures = {
        "first_emotion_s": round(first, 3),
        "memory_mb": megabytes(memory["resident"]),
        "peak_memory_mb": megabytes(memory["peak"]),
        "cpu_percent": round(100 * share, 1),
    }
    return figures, stamps
