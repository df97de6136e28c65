"""One training of the trainer: a process, a thread that listens to it, and what it tells meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from fer_msgs.msg import RecordStatus
from fer_ros.core.base.errors import FerError
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.request import Request
from fer_ros.nodes.waiting import until

#: States of the recorder in which a bag is open.
OPEN = (RecordStatus.STATE_PAUSED, RecordStatus.STATE_RECORDING)
#: Seconds that the thread may take to end after a training was cancelled.
JOIN = 1.0


class TrainingJob:
    """A training that goes on while the executor runs other callbacks.

    :ivar step: the last progress.
    :ivar outcome: what came of it; None until it has ended well.
    :ivar error: why it ended otherwise.
    """

    def __init__(self, tell: Callable[[Progress, float], None], process: TrainingProcess | None = None) -> None:
        """Take a process, or start one, which loads its libraries meanwhile.

        :param tell: gets each progress and the seconds since the request, in any thread.
        """
        self.process = process or TrainingProcess()
        self.step: Progress | None = None
        self.outcome: Outcome | None = None
        self.error: FerError | None = None
        self.began = time.monotonic()
        self._tell = tell
        self._thread: threading.Thread | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the request."""
        return time.monotonic() - self.began

    def start(self, request: Request) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(request,), name="training", daemon=True)
        self._thread.start()

    async def done(self) -> None:
        """Wait for the end, while the executor goes on."""
        thread = self._thread
        if thread is not None:
            await until(lambda: not thread.is_alive(), thread.join)

    def end(self) -> None:
        """Cancel, and wait for that."""
        self.process.cancel()
        if self._thread is not None:
            self._thread.join(JOIN)
        else:
            self.process.end()

    def report(self, step: Progress) -> None:
        """Tell the progress."""
        self.step = step
        self._tell(step, self.elapsed)

    def _run(self, request: Request) -> None:
        try:
            self.outcome = self.process.run(request, self.report, gone=False)
        except FerError as error:
            self.error = error
        except Exception as error:
            self.error = FerError(f"a fault of the program ended the training: {type(error).__name__}: {error}")


class Spare:
    """A process that waits for the next training, so that a correction need not wait for it."""

    def __init__(self) -> None:
        self._process: TrainingProcess | None = None
        self._take: tuple[str, int] | None = None
        self._ended: tuple[str, int] | None = None

    def foresee(self, status: RecordStatus, seconds: float, training: Callable[[str], Request]) -> None:
        """Start it when a take begins, unless one waits: who records is going to train. Let it embed what a take held.

        :param seconds: see :meth:`prepare`.
        :param training: the usual training on a bag; what it raises is said when that is asked for.
        """
        here = (status.bag, status.take)
        take = here if status.state in OPEN else None
        begins, self._take = take not in (None, self._take), take
        if begins and not (self._process is not None and self._process.waiting):
            self.prepare(seconds)
        written = status.state != RecordStatus.STATE_RECORDING and status.take and not status.pending
        if written and here != self._ended and self._process is not None and self._process.waiting:
            self._ended = here
            with contextlib.suppress(FerError):
                self._process.look_ahead(training(status.bag))

    def prepare(self, seconds: float) -> None:
        """Start it anew, unless it is not wanted.

        :param seconds: that it waits; 0: it is not wanted.
        """
        self.end()
        if seconds > 0.0:
            with contextlib.suppress(OSError):  # no memory for one more: the next training says so
                self._process = TrainingProcess(seconds)

    def take(self) -> TrainingProcess | None:
        """The process, if there is one and it still waits."""
        if self._process is None or not self._process.waiting:
            self.end()
            return None
        process, self._process = self._process, None
        return process

    def end(self) -> None:
        """End it; harmless where there is none."""
        process, self._process = self._process, None
        if process is not None:
            process.cancel()
            process.end()
