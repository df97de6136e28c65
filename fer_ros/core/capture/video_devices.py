"""The cameras that Linux knows: the device files of Video4Linux."""

from __future__ import annotations

import fcntl
import os
import re
from dataclasses import dataclass
from pathlib import Path
from sys import byteorder

DEV = Path("/dev")
SYS = Path("/sys/class/video4linux")
#: VIDIOC_QUERYCAP and the size of its struct v4l2_capability; offsets of the two capability words; the flag of devices
#: that give pictures, and the one that says that the second word is valid (linux/videodev2.h).
QUERYCAP, CAPABILITY_SIZE, CAPABILITIES, DEVICE_CAPS = 0x80685600, 104, 84, 88
VIDEO_CAPTURE, HAS_DEVICE_CAPS = 0x00000001, 0x80000000


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """A device file.

    :ivar path: such as ``/dev/video0``.
    :ivar name: what the driver calls it; empty where unknown.
    :ivar usable: whether this user may open it.
    :ivar captures: whether it gives pictures (a webcam also has a device for metadata); None where it does not say.
    """

    path: Path
    name: str
    usable: bool
    captures: bool | None


def list_devices(dev: Path = DEV, sys: Path = SYS) -> list[VideoDevice]:
    """All of them, in the order of their numbers, without disturbing who uses them."""
    files = [file for file in dev.glob("video*") if re.fullmatch(r"video\d+", file.name)]
    return [_look_at(file, sys) for file in sorted(files, key=lambda file: int(file.name[5:]))]


def device_name(path: Path, sys: Path = SYS) -> str:
    """What the driver calls a device; empty where unknown."""
    try:
        return (sys / path.resolve().name / "name").read_text(errors="replace").strip()
    except OSError:
        return ""


def describe(devices: list[VideoDevice]) -> str:
    """One line that names them all."""
    if not devices:
        return "no /dev/video* is there"
    return "there is " + ", ".join(f"{d.path} ({d.name})" if d.name else str(d.path) for d in devices)


def _look_at(file: Path, sys: Path) -> VideoDevice:
    usable = os.access(file, os.R_OK | os.W_OK)
    return VideoDevice(file, device_name(file, sys), usable, _captures(file) if usable else None)


def _captures(file: Path) -> bool | None:
    answer = bytearray(CAPABILITY_SIZE)
    try:
        handle = os.open(file, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.ioctl(handle, QUERYCAP, answer)
    except OSError:
        return None
    finally:
        os.close(handle)
    whole = int.from_bytes(answer[CAPABILITIES : CAPABILITIES + 4], byteorder)
    own = int.from_bytes(answer[DEVICE_CAPS : DEVICE_CAPS + 4], byteorder)
    return bool((own if whole & HAS_DEVICE_CAPS else whole) & VIDEO_CAPTURE)
