"""Cameras: whether there is one, it can be opened, and frames come."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from fer_ros.cli.checks.finding import Finding, error, ok, warning
from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import Source
from fer_ros.core.base.errors import FerError
from fer_ros.core.capture.video_devices import DEV, VideoDevice, list_devices

FIRST_FRAME_S = 5.0
RATE_S = 1.0


def check() -> Iterator[Finding]:
    """Each camera is opened for a second or two. That there is none is a warning: frames may come from elsewhere."""
    yield from examine(DEV)


def examine(folder: Path) -> Iterator[Finding]:
    """The devices of a folder."""
    # A webcam's second device, which gives metadata only, is none.
    devices = [device for device in list_devices(folder) if device.captures or not device.usable]
    for device in devices:
        yield attempt(device)
    if not devices:
        yield warning(
            "no camera: the source `auto` takes the sample",
            "plug one in (a container needs `--device /dev/video0`), or give `image_topic` of another node",
        )


def attempt(device: VideoDevice) -> Finding:
    """Read a device as the robot does, by the source ``camera``."""
    name = f"{device.path} ({device.name})" if device.name else str(device.path)
    facts = {"device": str(device.path), "name": device.name}
    if not device.usable:
        return error(f"{name} may not be opened", "`sudo usermod -aG video $USER`, then log in again", **facts)
    holders = users(device.path)
    if holders:
        return warning(f"{name} is in use by {', '.join(holders)}", "stop it, and run this again", **facts)
    plugin = registry.load("sources", "camera")
    source: Source = plugin(settings.make(plugin.Settings, {"device": str(device.path)}))
    try:
        source.open()
        image = source.read(FIRST_FRAME_S).image
        rate = _rate(source)
    except FerError as problem:
        return error(str(problem), "", **facts)
    finally:
        source.close()
    size = f"{image.shape[1]}x{image.shape[0]}"
    return ok(f"{name}: {size}, {rate:.1f} frames/s", size=size, frames_per_second=round(rate, 1), **facts)


def _rate(source: Source) -> float:
    """Frames per second over :data:`RATE_S` seconds."""
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + RATE_S:
        source.read(FIRST_FRAME_S)
        count += 1
    return count / (time.monotonic() - begun)


def users(path: Path, proc: Path = Path("/proc")) -> list[str]:
    """The processes that hold a file open, as ``name (pid)``, as far as they may be looked at."""
    wanted = os.path.realpath(path)
    found = []
    for process in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.path.realpath(link) == wanted for link in (process / "fd").iterdir()):
                name = (process / "comm").read_text(errors="replace").strip()
                found.append(f"{name} ({process.name})")
    return sorted(found)
