"""A trainer that is killed at random moments leaves whole models or none, no process, and nothing that stays."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_msgs.msg import TrainProgress
from fer_msgs.srv import Train
from fer_ros.core import bags
from fer_ros.core.base.types import Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.nodes import topics

pytestmark = [pytest.mark.ros, pytest.mark.slow]

ENTRY = "import sys; from fer_ros.nodes import entry; sys.exit(entry.trainer())"
#: More of them for those who have the time: FER_KILLS=50.
KILLS = int(os.environ.get("FER_KILLS", "2"))


def record(folder: Path) -> None:
    """Two labels that differ in what is bright."""
    rng = np.random.default_rng(0)
    stamp = 1_700_000_000_000_000_000
    with bags.BagWriter(folder, {"detector": "whole_frame"}) as writer:
        for label, rows in (("happy", slice(0, 24)), ("sad", slice(24, 48))):
            writer.begin_take(label)
            for _ in range(60):
                picture = rng.integers(0, 90, (48, 48, 3)).astype(np.uint8)
                picture[rows] += 150
                writer.write(stamp, cv2.imencode(".jpg", picture)[1].tobytes(), Roi(0, 0, 48, 48))
                stamp += 33_333_333


@pytest.mark.timeout(60 + 10 * KILLS)
def test_killed_at_random_moments(start: Callable[..., Any], ros: Any, fer_home: Path) -> None:
    record(fer_home / "bags" / "two")
    probe = ros.node()
    rng = random.Random(1)
    models = fer_home / "models"
    whole = 0
    for number in range(KILLS):
        # In a namespace of its own: that a killed node is gone, others know only seconds later.
        process = start(sys.executable, "-c", ENTRY, "--ros-args", "-r", f"__ns:=/n{number}")
        steps: list[TrainProgress] = []
        probe.create_subscription(TrainProgress, f"/n{number}/train/progress", steps.append, topics.latched())
        client = probe.create_client(Train, f"/n{number}/train")
        _wait(client.service_is_ready, "no trainer")
        _wait(steps.__len__, "no progress")
        # What the last one left is gone as soon as the next one is there.
        assert [folder.name for folder in models.glob(".*")] == []
        client.call_async(Train.Request(bags=["two"], name=f"m{number}", head="dense", epochs=30, hidden_units=50))
        time.sleep(rng.uniform(0.0, 1.8))
        os.killpg(process.popen.pid, signal.SIGKILL)
        # The process of the training ends with the node.
        _wait(lambda: _is_free(models), "a training lives on")
        found = [folder for folder in models.iterdir() if not folder.name.startswith(".")]
        assert all(Bundle.load(folder).quality["accuracy"] >= 0.5 for folder in found)
        whole = len(found)
    print(f"killed {KILLS} times: {whole} trainings had finished, no model is half-written")


def _is_free(models: Path) -> bool:
    """Whether nobody trains; without tidying up as a training would."""
    handle = os.open(models, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _wait(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
