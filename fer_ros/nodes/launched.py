"""The tie between a node and its launch: what the launch tells the node, and how both end together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.paths import fer_home

#: Holds the process id of the launch, for the nodes that it starts.
LAUNCHED_BY = "FER_LAUNCHED_BY"
#: Names the folder in which nodes keep what they are, for their return after a crash.
KEPT = "FER_KEPT"
#: Exit status where a setting, file or name is wrong, as of the command ``fer``: starting again would not help.
BAD_CONFIGURATION = 2
#: ``prctl`` option of linux/prctl.h: the signal that the kernel sends when the parent ends.
PR_SET_PDEATHSIG = 1


def environment(respawn: bool) -> dict[str, str]:
    """Environment variables that a launch sets for its nodes, besides its own.

    :param respawn: whether the launch starts crashed nodes again; these go on as they were.
    """
    told = {LAUNCHED_BY: str(os.getpid())}
    if respawn:
        with contextlib.suppress(ConfigError):
            told[KEPT] = str(fer_home().absolute() / "run" / str(os.getpid()))
    return told


def namespaces(text: str) -> list[str]:
    """The namespaces in a text, with commas between.

    :raises ConfigError: one is named twice, or is empty.
    """
    names = [name.strip() for name in text.split(",")]
    bare = [name.strip("/") for name in names]
    if len(set(bare)) < len(bare) or "" in names:
        raise ConfigError(
            f"namespace {quoted(text)} names one twice, or none: give each camera its own, such as left,right"
        )
    return names


def end_with_launch() -> None:
    """Get SIGINT when the launch ends, however it ends. Without a launch this does nothing.

    `ros2 launch` ends on SIGTERM (systemd, Docker) and on SIGKILL without telling its nodes, which would go on and hold
    the camera. Only Linux can do this.
    """
    parent = os.environ.get(LAUNCHED_BY)
    if not sys.platform.startswith("linux") or parent != str(os.getppid()):
        return  # a prefix such as a debugger stands in between: that one looks after its child
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if parent != str(os.getppid()):
        os.kill(os.getpid(), signal.SIGINT)  # it ended in between
