"""A box for one thing: the newest replaces what was not fetched, so that a slow reader never works on old frames."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A queue of depth 1 between threads."""

    def __init__(self) -> None:
        self._item: T | None = None
        self._ready = threading.Condition()
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many were replaced before anybody fetched them."""
        return self._dropped

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def put(self, item: T, wait: bool = False) -> bool:
        """Leave an item; never blocks unless it is told to.

        :param wait: wait until the last one is fetched or the box is closed, instead of replacing it.
        :returns: False where it took the place of one that nobody had fetched. Nothing is kept once the box is closed.
        """
        with self._ready:
            if wait:
                self._ready.wait_for(lambda: self._item is None or self._closed)
            if self._closed:
                return True
            replaced = self._item is not None
            self._dropped += replaced
            self._item = item
            self._ready.notify_all()
            return not replaced

    def get(self, timeout: float | None = None) -> T | None:
        """Wait for an item and take it out.

        :param timeout: seconds to wait at most; None waits until there is one or the box is closed.
        :returns: None where none came in time or the box is closed.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            if item is not None:
                self._ready.notify_all()
            return item

    def close(self, keep: bool = False) -> None:
        """Take nothing more, and let every waiting reader go on.

        :param keep: whether the last item may still be fetched; without it that is thrown away.
        """
        with self._ready:
            self._closed = True
            if not keep:
                self._item = None
            self._ready.notify_all()
