"""The executables of the nodes: quiet when interrupted, also while Python is still importing."""

from __future__ import annotations

import importlib
import os
import signal
from types import FrameType

from fer_ros.core.base.isolation import isolate


def camera() -> int:
    """Run :func:`fer_ros.nodes.camera.main`."""
    return _run("camera")


def inference() -> int:
    """Run :func:`fer_ros.nodes.inference.main`."""
    return _run("inference")


def recorder() -> int:
    """Run :func:`fer_ros.nodes.recorder.main`."""
    return _run("recorder")


def trainer() -> int:
    """Run :func:`fer_ros.nodes.trainer.main`."""
    return _run("trainer")


def dashboard() -> int:
    """Run :func:`fer_ros.nodes.dashboard.node.main`."""
    return _run("dashboard.node")


def _run(name: str) -> int:
    def leave(number: int, frame: FrameType | None) -> None:
        os._exit(0)

    isolate()
    # Nothing is open yet; main puts handlers in place that end in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    return int(importlib.import_module(f"fer_ros.nodes.{name}").main())
