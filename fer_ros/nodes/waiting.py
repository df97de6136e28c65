"""Lets a callback give way to others and go on later."""

from __future__ import annotations

from collections.abc import Generator


class _Pause:
    def __await__(self) -> Generator[None, None, None]:
        yield


def pause() -> _Pause:
    """Await it in an ``async`` callback: rclpy runs what else is ready, then comes back, without waiting in between."""
    return _Pause()
