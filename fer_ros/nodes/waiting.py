"""Lets an ``async`` callback wait for something while the executor runs the others."""

from __future__ import annotations

import concurrent.futures
import math
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")

#: Seconds that other callbacks wait at most for one that waits.
WAIT = 0.002


class _Pause:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def until(done: Callable[[], bool], wait: Callable[[float], object] = time.sleep) -> None:
    """Return when ``done`` says so; rclpy runs other callbacks meanwhile.

    :param wait: waits at most so many seconds, such as ``thread.join``, to see the end at once.
    """
    while not done():
        wait(WAIT)
        await _Pause()


async def answer(client: Any, request: Any, timeout: float = math.inf) -> Any | None:
    """What a service answers; None where nobody does, or no longer.

    :param client: of rclpy.
    :param timeout: seconds; by default it waits as long as the service is there.
    """
    if not client.service_is_ready():
        return None
    asked, deadline = client.call_async(request), time.monotonic() + timeout
    await until(lambda: asked.done() or time.monotonic() > deadline or not client.service_is_ready())
    if asked.done():
        return asked.result()
    client.remove_pending_request(asked)
    return None


async def outcome(future: concurrent.futures.Future[T]) -> T:
    """The answer of another thread, while the executor goes on."""
    await until(future.done, lambda seconds: concurrent.futures.wait([future], timeout=seconds))
    return future.result()
