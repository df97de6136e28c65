"""Feeds sinks from a thread of their own, so that a slow terminal or a failing sink never holds up the frames."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from fer_ros.core.base.contracts import Sink
from fer_ros.core.base.types import Result

log = logging.getLogger(__name__)

#: Results that may wait; at 30 frames a second that is about ten seconds of a stalled terminal.
ROOM = 300


class SinkThread:
    """Writes every result to every sink, in order."""

    def __init__(self, sinks: Sequence[Sink], on_broken: Callable[[], None] = lambda: None) -> None:
        """Take over the sinks.

        :param on_broken: called when nobody reads the output any more, such as after ``| head``.
        """
        self._sinks = list(sinks)
        self._on_broken = on_broken
        self._queue: queue.Queue[Result | None] = queue.Queue(ROOM)
        self._dropped = 0
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="sinks", daemon=True)

    @property
    def dropped(self) -> int:
        """Results that no sink got because they were too slow."""
        return self._dropped

    @property
    def broken(self) -> bool:
        """Whether nobody reads the output any more."""
        return self._broken

    def start(self) -> None:
        """Open the sinks and begin."""
        for sink in self._sinks:
            sink.open()
        self._thread.start()

    def put(self, result: Result) -> None:
        """Leave a result; never blocks."""
        try:
            self._queue.put_nowait(result)
        except queue.Full:
            self._dropped += 1

    def close(self, timeout: float = 1.0) -> None:
        """Let the sinks write what they have got, then close them.

        :param timeout: seconds to wait at most.
        """
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _run(self) -> None:
        while (result := self._queue.get()) is not None:
            self._each(lambda sink, result=result: sink.write(result))  # type: ignore[misc]
        self._each(lambda sink: sink.close())

    def _each(self, call: Callable[[Sink], None]) -> None:
        for sink in list(self._sinks):
            try:
                call(sink)
            except BrokenPipeError:
                self._sinks.remove(sink)
                self._broken = True
                self._on_broken()
            except Exception as error:
                self._sinks.remove(sink)
                log.warning("%s is left out: %s: %s", type(sink).__name__, type(error).__name__, error)
