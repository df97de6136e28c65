"""What the machine is, and what this process takes of it; read from /proc."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

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
        "memory_bytes": _kilobytes(PROC / "meminfo", "MemTotal") * 1024,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": [round(value, 2) for value in os.getloadavg()],
    }


def usable_cores() -> int:
    """Cores that this process may run on, which a container or ``taskset`` may have made fewer."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory() -> int:
    """Bytes that new processes may take without swapping; -1 where unknown."""
    found = _kilobytes(PROC / "meminfo", "MemAvailable")
    return found * 1024 if found else -1


def memory(pid: int | None = None) -> dict[str, int]:
    """Memory of a process in bytes: ``resident`` now (VmRSS) and ``peak`` of its life (VmHWM); 0 where unknown.

    :param pid: None: this process.
    """
    status = PROC / ("self" if pid is None else str(pid)) / "status"
    return {"resident": _kilobytes(status, "VmRSS") * 1024, "peak": _kilobytes(status, "VmHWM") * 1024}


def cpu_seconds(pid: int) -> float:
    """Processor time of another process, all its threads, user and system; 0 where unknown.

    :param pid: process id. Its file ``stat`` counts in clock ticks, fields 14 and 15 (man 5 proc).
    """
    try:
        # The name of the command, in brackets, may hold blanks and brackets.
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _cpu() -> str:
    for path, key in ((PROC / "cpuinfo", "model name"), (PROC / "cpuinfo", "Model")):
        value = _line(path, key)
        if value:
            return value
    # Boards with a device tree, such as ARM ones, name themselves there.
    try:
        return Path("/sys/firmware/devicetree/base/model").read_text(errors="replace").rstrip("\0\n")
    except OSError:
        return platform.processor() or platform.machine()


def _kilobytes(path: Path, key: str) -> int:
    words = _line(path, key).split()
    return int(words[0]) if words and words[0].isdecimal() else 0


def _line(path: Path, key: str) -> str:
    """The value of the first line ``key: value``; empty where there is none."""
    try:
        with path.open(errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return ""
