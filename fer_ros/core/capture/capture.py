"""Reads a source in a thread of its own, and goes on when a camera was unplugged and is back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from fer_ros.core.base.contracts import EndOfSource, Live, NotYet, Source
from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.timing import Backoff
from fer_ros.core.base.types import Frame

#: Seconds that a source may stay silent before it is closed and opened again.
READ_TIMEOUT = 2.0
#: Seconds for which a source is asked whose frames may lie far apart, so that it can be stopped in between.
PAUSE_TIMEOUT = 0.5


class Log(Protocol):
    """What the loggers of Python and of ROS 2 have in common."""

    def info(self, message: str, /) -> object:
        """Log something normal."""

    def warning(self, message: str, /) -> object:
        """Log a problem that goes away by itself."""

    def error(self, message: str, /) -> object:
        """Log a problem that does not go away by itself."""


class Capture:
    """The thread between a source and those who want its frames.

    A source that fails is closed, and opened again after growing pauses. The log says so once, and again when it is
    back.

    :ivar error: why it ended for good, where a setting can never work; else None.
    """

    def __init__(
        self,
        source: Source,
        deliver: Callable[[Frame], None],
        log: Log,
        on_end: Callable[[], None] = lambda: None,
        pauses: tuple[float, float] | None = None,
    ) -> None:
        """Take over the source; nothing is opened yet.

        :param deliver: called with each frame in the capture's thread; what it raises is logged and costs that frame.
        :param on_end: called in the same thread when there will be no further frame: see ``ended`` and ``error``.
        :param pauses: seconds between attempts, the first and the longest; None takes those of the source.
        """
        self.error: ConfigError | None = None
        self._source, self._deliver, self._log, self._on_end = source, deliver, log, on_end
        self._live = Live(source)
        self._pauses = pauses or source.pauses
        self._state, self._trouble = "stopped", ""
        self._frames = self._outages = self._failed_frames = 0
        self._stop, self._tried = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> str:
        """One of ``stopped``, ``opening``, ``reading``, ``unavailable: <reason>``, ``ended``, ``failed: <reason>``."""
        return f"{self._state}: {self._trouble}" if self._trouble else self._state

    @property
    def reading(self) -> bool:
        """Whether frames are coming."""
        return self._state == "reading"

    @property
    def unavailable(self) -> bool:
        """Whether the source failed and is tried again."""
        return self._state == "unavailable"

    @property
    def ended(self) -> bool:
        """Whether the source has come to its end."""
        return self._state == "ended"

    @property
    def outages(self) -> int:
        """How often the source became unavailable."""
        return self._outages

    @property
    def failed_frames(self) -> int:
        """How many frames could not be delivered."""
        return self._failed_frames

    @property
    def frames(self) -> int:
        """How many frames were read."""
        return self._frames

    def start(self, wait: float = 0.0) -> None:
        """Start reading.

        :param wait: seconds to wait at most for the first attempt to open the source.
        :raises ConfigError: the source said in that time that it can never work.
        :raises SourceUnavailable: its driver still hangs in the last attempt.
        """
        if self._thread is not None and self._thread.is_alive():
            raise SourceUnavailable("the source still does not answer")
        self.error = None
        # Events of its own for each thread: one that was left behind must not wake up as a second reader.
        self._stop, self._tried = threading.Event(), threading.Event()
        self._enter("opening")
        self._thread = threading.Thread(target=self._run, args=(self._stop, self._tried), name="capture", daemon=True)
        self._thread.start()
        self._tried.wait(wait)
        if self.error is not None:
            self.stop()
            raise self.error

    def change(self, settings: Any) -> None:
        """Give the source new settings before its next frame; any thread may call it."""
        self._live.change(settings)

    def stop(self, timeout: float = 1.0) -> bool:
        """Stop reading and close the source.

        :param timeout: seconds to wait at most; a driver that hangs keeps its (daemon) thread until it answers.
        :returns: whether the thread has ended.
        """
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
            if self._thread.is_alive():
                self._log.warning("the source does not answer and is abandoned")
                return False
        self._enter("stopped")
        return True

    def _enter(self, state: str, trouble: str = "") -> None:
        self._state, self._trouble = state, trouble

    def _run(self, stop: threading.Event, tried: threading.Event) -> None:
        backoff = Backoff(*self._pauses)
        while not stop.is_set():
            before = self._frames
            self._session(stop, tried)
            if self.ended or self.error is not None:
                self._on_end()
                return
            if self._frames > before:
                backoff.reset()
            stop.wait(backoff.next())

    def _session(self, stop: threading.Event, tried: threading.Event) -> None:
        """Open the source, deliver its frames until it fails or is to stop, close it."""
        try:
            self._live.arrive()
            self._source.open()
            tried.set()
            self._read_all(stop)
        except EndOfSource:
            self._enter("ended")
            self._log.info(f"{self._source.description}: no further frames")
        except ConfigError as error:
            self.error = error
            self._enter("failed", str(error))
            if tried.is_set():  # nobody waits in start to be told
                self._log.error(str(error))
        except Exception as error:
            # A driver or somebody's plugin may raise anything; all but the above may pass.
            self._unavailable(
                str(error) if isinstance(error, SourceUnavailable) else f"{type(error).__name__}: {error}"
            )
        finally:
            self._close()
            tried.set()

    def _read_all(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._live.arrive()
            try:
                frame = self._source.read(PAUSE_TIMEOUT if self._source.has_pauses else READ_TIMEOUT)
            except NotYet:
                continue
            self._frames += 1
            if not self.reading:
                self._log.info(f"frames {'are back' if self._trouble else 'come'} from {self._source.description}")
                self._enter("reading")
            try:
                self._deliver(frame)
            except Exception as error:
                self._failed_frames += 1
                if self._failed_frames == 1:
                    self._log.error(f"a frame could not be delivered: {type(error).__name__}: {error}")

    def _unavailable(self, reason: str) -> None:
        reason = reason.splitlines()[0] if reason else "unavailable"
        if not self._trouble:
            self._outages += 1
            self._log.warning(f"no frames: {reason}; trying again until it is back")
        self._enter("unavailable", reason)

    def _close(self) -> None:
        try:
            self._source.close()
        except Exception as error:
            self._log.warning(f"cannot close the source: {type(error).__name__}: {error}")
