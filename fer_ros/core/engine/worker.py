"""A worker of this machine; ``fer_ros.core.engine.local`` starts it. It ends when its standard input ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys

from fer_ros.core.base import isolation

#: So much it gives way to others: frames go on being read on time while it works.
NICE = 5


def main() -> int:
    """Work for the scheduler that the first line of standard input tells, with the keys to it, as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the one who started it
    with contextlib.suppress(OSError):
        os.nice(NICE)
    asked = json.loads(sys.stdin.readline() or "null")
    if asked is None:
        return 0
    isolation.end_with_starter()
    from distributed import Worker
    from distributed.security import Security

    from fer_ros.core.engine import dask_engine

    dask_engine.prepare()

    async def work() -> None:
        # No limit of its own: the machine's memory is for whoever needs it.
        security = Security(require_encryption=True, **asked["security"])
        options = {
            "local_directory": asked["folder"],
            "nthreads": 1,
            "memory_limit": 0,
            "dashboard": False,
            "protocol": "tls",
            "host": "127.0.0.1",
        }
        async with Worker(asked["address"], security=security, **options) as worker:
            await worker.finished()

    asyncio.run(work())
    return 0


if __name__ == "__main__":
    sys.exit(main())
