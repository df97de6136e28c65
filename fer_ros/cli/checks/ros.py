"""The ROS 2 in use: which one, its middleware, and what of the environment steers it."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fer_ros.cli.checks.finding import Finding, error, info, ok, warning
from fer_ros.cli.checks.modules import parse
from fer_ros.core.base.errors import reason

#: Major version of rclpy → distribution.
DISTROS = {3: "humble", 4: "iron", 7: "jazzy", 9: "kilted"}
#: The ports of the others fall among those that Linux hands out to anybody (docs.ros.org, "The ROS_DOMAIN_ID").
SAFE_DOMAINS = (*range(0, 102), *range(215, 233))
MAX_DOMAIN = 232
INSTALL = "source the setup file of your ROS 2, or run `make setup` and use .venv"


def check() -> Iterator[Finding]:
    """rclpy is imported, and a context is made with the middleware that the environment chooses."""
    absent = _absent_middleware()
    if absent:
        # To import rclpy now would end this process.
        yield absent
        return
    try:
        import rclpy
        from rclpy.context import Context
        from rclpy.utilities import get_rmw_implementation_identifier
    except Exception as problem:
        yield error(f"rclpy cannot be imported: {type(problem).__name__}: {reason(problem)}", INSTALL)
        return
    version = importlib.metadata.version("rclpy")
    named = os.environ.get("ROS_DISTRO", "")
    distro = named or DISTROS.get((parse(version) or (0,))[0], "unknown")
    wheels = _from_wheels()
    origin = "from PyPI wheels" if wheels else f"in {Path(rclpy.__file__).parent}"
    yield ok(f"ROS 2 {distro}, rclpy {version}, {origin}", distro=distro, rclpy=version, wheels=wheels)
    if wheels and named:
        yield warning(
            f"ROS_DISTRO is {named} while rclpy comes from wheels: two ROS 2 in one process do not go together",
            "open a new terminal without the setup file of ROS, or rebuild .venv there with `make clean setup`",
        )
    yield from _domain()
    try:
        context = Context()
        rclpy.init(context=context)
        context.shutdown()
    except Exception as problem:
        yield error(f"ROS cannot start: {reason(problem)}", INSTALL)
        return
    rmw = get_rmw_implementation_identifier()
    yield ok(f"middleware {rmw}", rmw=rmw)
    yield from _reach()
    yield from _shared_memory(rmw)


def _absent_middleware() -> Finding | None:
    """An error where RMW_IMPLEMENTATION names a middleware that is not installed."""
    chosen = os.environ.get("RMW_IMPLEMENTATION", "")
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    found: set[str] = set()
    for prefix in (*prefixes, Path(sys.prefix)):
        found |= {f.name for f in prefix.glob("share/ament_index/resource_index/rmw_typesupport/*")}
    if not chosen or not found or chosen in found:
        return None
    return error(
        f"RMW_IMPLEMENTATION={chosen} is not installed, only {', '.join(sorted(found))}",
        f"install ros-<distro>-{chosen.replace('_', '-')}, or unset RMW_IMPLEMENTATION",
        rmw=chosen,
    )


def _from_wheels() -> bool:
    try:
        importlib.metadata.version("ros-rclpy")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _domain() -> Iterator[Finding]:
    text = os.environ.get("ROS_DOMAIN_ID", "") or "0"
    cure = "set ROS_DOMAIN_ID to a number from 0 to 101, the same on every machine of the robot"
    if not (text.isascii() and text.isdecimal()) or int(text) > MAX_DOMAIN:
        yield error(f"ROS_DOMAIN_ID={text!r} is no domain", cure)
    elif int(text) not in SAFE_DOMAINS:
        yield warning(f"ROS_DOMAIN_ID={text} may meet ports that are taken", cure, domain=int(text))
    else:
        yield ok(f"domain {int(text)}", domain=int(text))


def _reach() -> Iterator[Finding]:
    """Which other nodes can be seen, as far as the environment says."""
    names = ("ROS_LOCALHOST_ONLY", "ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_STATIC_PEERS", "ROS_DISCOVERY_SERVER")
    found = {name: os.environ[name] for name in names if os.environ.get(name)}
    said = " ".join(f"{name}={value}" for name, value in found.items())
    scope = found.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    if scope == "OFF":
        yield warning(f"{said}: nodes do not find each other", "unset it, or set it to LOCALHOST or SUBNET", **found)
    elif scope not in ("LOCALHOST", "SUBNET", "SYSTEM_DEFAULT"):
        yield warning(f"ROS_AUTOMATIC_DISCOVERY_RANGE={scope} is not known", "set it to LOCALHOST or SUBNET", **found)
    elif scope == "LOCALHOST" or found.get("ROS_LOCALHOST_ONLY") == "1":
        yield info(f"{said}: only nodes of this machine are seen", **found)
    elif found:
        yield info(said, **found)


def _shared_memory(rmw: str) -> Iterator[Finding]:
    """Fast DDS passes images through /dev/shm; containers give it 64 MB, or none."""
    if "fastrtps" not in rmw:
        return
    try:
        status = os.statvfs("/dev/shm")
        free = status.f_bavail * status.f_frsize
    except OSError:
        free = -1
    if free < 0 or not os.access("/dev/shm", os.W_OK):
        yield warning("/dev/shm cannot be written: images go over UDP, which is slower", "mount a tmpfs at /dev/shm")
    elif free < 32_000_000:
        yield warning(
            f"/dev/shm has {free // 1_000_000} MB left: large messages may be lost",
            "free some of it, or give the container more by `--shm-size=512m`",
            free_bytes=free,
        )
