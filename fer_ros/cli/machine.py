"""Facts of the machine, and what a process uses of it."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path
from typing import Any

import psutil

PROC = Path("/proc")


def describe() -> dict[str, Any]:
    """Plain facts of the machine.

    :returns: ``cpu`` (its model), ``architecture``, ``cores`` that this process may use, ``memory_bytes``, ``kernel``,
        ``python``, ``load`` (runnable processes, means over 1, 5 and 15 minutes).
    """
    return {
        "cpu": _cpu(),
        "architecture": platform.machine(),
        "cores": usable_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": [round(value, 2) for value in psutil.getloadavg()],
    }


def usable_cores() -> int:
    """Cores that this process may run on, which a container or ``taskset`` may have made fewer."""
    return len(psutil.Process().cpu_affinity() or ())


def available_memory() -> int:
    """Bytes that new processes can use without swapping."""
    return int(psutil.virtual_memory().available)


def memory(pid: int | None = None) -> dict[str, int]:
    """Memory of a process in bytes: ``resident`` now, and the ``peak`` of its life; 0 where the process is gone.

    :param pid: None: this process.
    """
    try:
        process = psutil.Process(pid)
        # psutil does not tell the peak on Linux.
        return {"resident": process.memory_info().rss, "peak": _peak(process.pid)}
    except (psutil.Error, OSError):
        return {"resident": 0, "peak": 0}


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, all its threads, user and system; 0 where the process is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _peak(pid: int) -> int:
    words = _line(PROC / str(pid) / "status", "VmHWM").split()
    return int(words[0]) * 1024 if words else 0


def _cpu() -> str:
    """The model of the processor, which neither Python nor psutil tells on Linux."""
    for key in ("model name", "Model"):
        if value := _line(PROC / "cpuinfo", key):
            return value
    # Boards with a device tree, such as ARM ones, name themselves there.
    with contextlib.suppress(OSError):
        return Path("/sys/firmware/devicetree/base/model").read_text(errors="replace").rstrip("\0\n")
    return platform.processor() or platform.machine()


def _line(path: Path, key: str) -> str:
    """The value of the first line ``key: value``; empty where there is none."""
    with contextlib.suppress(OSError), path.open(errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return ""
