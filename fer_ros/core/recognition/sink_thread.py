"""Feeds each sink from its own thread, so a slow or failing one holds up neither frames nor other sinks."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from fer_ros.core.base.contracts import Live, Sink
from fer_ros.core.base.errors import reason
from fer_ros.core.base.types import Result

log = logging.getLogger(__name__)

#: Results that may wait for one sink; at 30 frames a second that is about ten seconds of a stalled terminal.
ROOM = 300


class SinkThread:
    """Opens one sink, gives it every result in order, and closes it.

    :ivar dropped: results that the sink missed because it was too slow.
    """

    def __init__(self, name: str, sink: Sink, on_broken: Callable[[], None] = lambda: None) -> None:
        """Take over the sink.

        :param name: its name in the log.
        :param on_broken: called when nobody reads the output any more, such as after ``| head``.
        """
        self.dropped = 0
        self._name, self._sink, self._on_broken = name, sink, on_broken
        self._live = Live(sink)
        # True wakes it up to take new settings, None ends it.
        self._queue: queue.Queue[Result | bool | None] = queue.Queue(ROOM)
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)
        self._failed = False

    def start(self) -> None:
        """Begin; the sink is opened in its thread."""
        self._thread.start()

    def put(self, result: Result) -> None:
        """Hand over a result; never blocks."""
        if self._failed:
            return
        try:
            self._queue.put_nowait(result)
        except queue.Full:
            self.dropped += 1

    def change(self, settings: Any) -> None:
        """Give the sink new settings before its next result, or now if it waits for one."""
        self._live.change(settings)
        # Where results wait, they wake it up.
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(True)

    def finish(self, timeout: float) -> None:
        """Let the sink write what it has, then close it.

        :param timeout: longest wait, seconds; a sink that hangs is abandoned.
        """
        if self._failed:
            return
        began = time.monotonic()
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(max(0.0, began + timeout - time.monotonic()))

    def _run(self) -> None:
        try:
            self._sink.open()
            while (result := self._queue.get()) is not None:
                self._live.arrive()
                if isinstance(result, Result):
                    self._sink.write(result)
        except BrokenPipeError:
            self._failed = True
            self._on_broken()
        except Exception as error:
            self._failed = True
            log.warning("sink '%s' is left out: %s: %s", self._name, type(error).__name__, reason(error))
        try:
            self._sink.close()
        except BrokenPipeError:
            self._on_broken()
        except Exception as error:
            log.warning("sink '%s' cannot be closed: %s: %s", self._name, type(error).__name__, reason(error))


class SinkThreads:
    """Several sinks. One thread calls :meth:`put`; any may call the other methods."""

    def __init__(self, sinks: Mapping[str, Sink], on_broken: Callable[[], None] = lambda: None) -> None:
        """Take over the sinks, by name, and begin.

        :param on_broken: see :class:`SinkThread`.
        """
        self._threads = {name: SinkThread(name, sink, on_broken) for name, sink in sinks.items()}
        for thread in self._threads.values():
            thread.start()
        self._sealed = False

    @property
    def dropped(self) -> int:
        """Results that slow sinks missed, summed over the sinks."""
        return sum(thread.dropped for thread in self._threads.values())

    def put(self, result: Result) -> None:
        """Hand a result to every sink; never blocks."""
        if self._sealed:
            return
        for thread in self._threads.values():
            thread.put(result)

    def change(self, name: str, settings: Any) -> None:
        """Give one sink new settings."""
        if name in self._threads:
            self._threads[name].change(settings)

    def seal(self) -> None:
        """Take no more results."""
        self._sealed = True

    def close(self, timeout: float = 1.0) -> None:
        """Let all sinks write what they have, then close them.

        :param timeout: longest wait for all of them together, seconds.
        """
        enders = [threading.Thread(target=t.finish, args=(timeout,), daemon=True) for t in self._threads.values()]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join(timeout + 0.1)
