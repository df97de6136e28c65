"""What Fast DDS is told before ROS starts: shared memory for raw pictures, quick discovery, and ports of our own."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import random
import socket
import tempfile
import threading
import time
from pathlib import Path

from ament_index_python import get_search_paths

from fer_ros.core.base.paths import share_dir

#: Where the two versions of Fast DDS look for a profile.
VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
#: What RTPS makes ports of. Those of a domain begin at ``BASE + GAIN * domain``. Even ones from ``FIRST`` on are for
#: discovery, one each process, and the odd ones are for data.
BASE, GAIN, FIRST = 7400, 250, 10
#: Offsets of ports for data that we take. By default the first process of a domain has 11, the second one 13.
OFFSETS = range(51, 200, 2)
#: How the profiles say that default.
DEFAULT_OFFSET = "<offsetd3>11</offsetd3>"
SHARED_MEMORY = Path("/dev/shm")
#: Seconds for which a lock file is left alone.
YOUNG = 0.5
#: Seconds between two looks for dead processes. Fast DDS needs two looks of its own, a second apart, to find one.
LOOK = 0.25
#: Variable, common profile and own profile, while that one exists.
_own: list[tuple[str, str, str]] = []


def prepare() -> None:
    """Name a profile for Fast DDS in the environment, see ``config/fastdds.xml``. The user's own settings go first.

    Call :func:`prepared` once ROS has read it, which is when the first node exists.
    """
    if any(os.environ.get(name) for name in (*VARIABLES, "FASTDDS_BUILTIN_TRANSPORTS")):
        return
    # Fast DDS 3 (Kilted) reads either variable, and complains on the terminal of a file for 2 (Jazzy).
    three = any(Path(prefix, "share", "fastdds").is_dir() for prefix in get_search_paths())
    file = share_dir() / "config" / ("fastdds_3.xml" if three else "fastdds.xml")
    os.environ[VARIABLES[three]] = str(file)
    with contextlib.suppress(OSError, ValueError):
        domain = int(os.environ.get("ROS_DOMAIN_ID") or 0)
        text = file.read_text().replace(DEFAULT_OFFSET, f"<offsetd3>{own_offset(domain)}</offsetd3>")
        bury()
        handle, path = tempfile.mkstemp(suffix=".xml", prefix="fer_fastdds_")
        _own.append((VARIABLES[three], str(file), path))
        atexit.register(prepared)
        with open(handle, "w") as out:
            out.write(text)
        os.environ[VARIABLES[three]] = path


def prepared() -> None:
    """Remove the profile with this process's own port; processes that it starts get the common one."""
    while _own:
        variable, file, path = _own.pop()
        os.environ[variable] = file
        with contextlib.suppress(OSError):
            os.unlink(path)


def bury() -> None:
    """Remove what killed processes have left of their ports in shared memory, as ``fastdds shm clean`` does.

    If one was killed while it read a message, Fast DDS 2.14 wants to give the message back as soon as it sees the lock
    file of the dead one. It locks the same mutex twice, and the sender, such as the camera, hangs for good.
    """
    for lock in SHARED_MEMORY.glob("fast*_port*_el"):
        with contextlib.suppress(OSError):
            if time.time() - lock.stat().st_mtime < YOUNG:
                continue  # its process may have made it, and be about to lock it
            handle = os.open(lock, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its process lives
                if not os.path.samestat(os.fstat(handle), lock.stat()):
                    continue  # another one has buried it meanwhile, and the name belongs to a process that lives
                lock.with_name(lock.name.removesuffix("_el")).unlink(missing_ok=True)
                lock.unlink(missing_ok=True)
            finally:
                os.close(handle)


def bury_until(over: threading.Event) -> None:
    """Bury whoever is killed from now on, until ``over`` is set: also those that nobody starts again."""
    while not over.wait(LOOK):
        bury()


def own_offset(domain: int) -> int:
    """Where the port for data lies among those of the domain, counted from what the process gets by default.

    After a kill, Fast DDS would take the port of the dead process again. The others still hold the shared memory of
    that one: for up to two seconds, and now and then for good, nothing that they send would arrive. A process that was
    killed leaves the names of its ports behind, so a port without a name is one that nobody holds.

    :param domain: ROS domain, 0 to 232.
    :returns: an odd number.
    """
    first = BASE + GAIN * domain
    used = {name.rpartition("_port")[2].partition("_")[0] for name in _shared_memory()}
    # The number that Fast DDS is about to give this process. If another one is quicker, the port is another one, too.
    process = next((number for number in range(100) if _free(first + FIRST + 2 * number)), 0)
    last = 65535 - first
    unused = [n for n in OFFSETS if n <= last and str(first + n) not in used]
    return random.choice(unused or OFFSETS) - 2 * process


def _shared_memory() -> list[str]:
    return [path.name for path in SHARED_MEMORY.glob("fast*_port*")]


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        try:
            end.bind(("", port))
        except (OSError, OverflowError):
            return False
        return True
