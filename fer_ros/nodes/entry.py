"""The executables of the nodes: quiet when interrupted, also while Python is still importing."""

from __future__ import annotations

import importlib
import os
import signal
from types import FrameType
from typing import NoReturn

from fer_ros.core.base.isolation import end, isolate


def camera() -> NoReturn:
    """Run :func:`fer_ros.nodes.camera.main`."""
    _run("camera")


def inference() -> NoReturn:
    """Run :func:`fer_ros.nodes.inference.main`."""
    _run("inference")


def recorder() -> NoReturn:
    """Run :func:`fer_ros.nodes.recorder.main`."""
    _run("recorder")


def trainer() -> NoReturn:
    """Run :func:`fer_ros.nodes.trainer.main`."""
    _run("trainer")


def dashboard() -> NoReturn:
    """Run :func:`fer_ros.nodes.dashboard.node.main`."""
    _run("dashboard.node")


def live() -> NoReturn:
    """Run :func:`fer_ros.nodes.live.main`."""
    _run("live")


def _run(name: str) -> NoReturn:
    def leave(number: int, frame: FrameType | None) -> None:
        os._exit(0)

    isolate()
    # Nothing is open yet; main puts handlers in place that end in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    end(importlib.import_module(f"fer_ros.nodes.{name}").main())
