"""Training in a process of its own: nothing that it does or that happens to it holds up or hurts the caller.

A process of its own can be ended at any moment, whatever library it is in; it frees all memory that it took; and it
runs with one BLAS thread, since two of them on two busy cores wait for each other many times longer than they work.
"""

from __future__ import annotations

import contextlib
import json
import logging
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable

from fer_ros.core.base import isolation
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles import model_store
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.request import Request

log = logging.getLogger(__name__)

#: Seconds that the process may take to end by itself once it has answered.
END = 5.0
#: Seconds before a waiting process gives up from which it gets no task any more.
LAST = 10.0


class Cancelled(FerError):
    """The training was ended on request; the model in use stays."""


class TrainingProcess:
    """One training. Any thread may call :meth:`cancel`, also before :meth:`run`."""

    def __init__(self, ready: float = 0.0) -> None:
        """Start the process, which loads its libraries meanwhile.

        :param ready: seconds that it waits for :meth:`run`, with all loaded that a training of ours needs; then it ends
            by itself. 0: it is run at once.
        """
        self._errors = tempfile.TemporaryFile()
        self._waits = time.monotonic() + ready - LAST
        waits = [str(ready)] if ready else []
        self._process = isolation.converse(
            "fer_ros.core.training.worker", *waits, stderr=self._errors, TF_CPP_MIN_LOG_LEVEL="3"
        )
        self._lock = threading.Lock()
        self._cancelled = False

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def waiting(self) -> bool:
        """Whether a process that was to wait still does."""
        return time.monotonic() < self._waits and self._process.poll() is None

    def look_ahead(self, request: Request) -> None:
        """Let a waiting process embed what a training is going to ask for; a :meth:`run` meanwhile waits no longer."""
        with contextlib.suppress(OSError, ValueError):  # it has ended, and its input is closed
            # A process that is held up, and does not read, must not hold this one up.
            if self._process.stdin and select.select([], [self._process.stdin], [], 0.0)[1]:
                self._ask(request, ahead=True)

    def run(self, request: Request, report: Callable[[Progress], None], gone: bool = True) -> Outcome:
        """Train and wait for the end.

        :param gone: wait for the end of the process, too; False: only for the model, which is there a little sooner.
        :param report: see :func:`fer_ros.core.training.run.train`; called in this thread.
        :raises Cancelled: :meth:`cancel` was called.
        :raises FerError: in one sentence, what was wrong and what to do.
        """
        try:
            outcome = self._converse(request, report)
        except BaseException:
            self.end()
            raise
        if gone:
            self.end()
        else:
            threading.Thread(target=self.end, name="training ends", daemon=True).start()
        return outcome

    def cancel(self) -> None:
        """End the training now; harmless when it has ended."""
        with self._lock:
            self._cancelled = True
            if self._process.poll() is None:
                self._process.terminate()

    def end(self) -> None:
        """Let the process end, by force where it does not, and tidy up after it; harmless when it has ended."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        if self._process.returncode != 0:
            # Somebody else may have begun to train meanwhile, and tidies up as well.
            with contextlib.suppress(ConfigError, OSError), model_store.exclusive():
                pass

    def _ask(self, request: Request, ahead: bool) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({**request.to_dict(), "ahead": ahead}) + "\n")
        self._process.stdin.flush()

    def _converse(self, request: Request, report: Callable[[Progress], None]) -> Outcome:
        assert self._process.stdout
        outcome, error = None, None
        try:
            self._ask(request, ahead=False)
            for line in self._process.stdout:
                message = json.loads(line)
                if "progress" in message and not self._cancelled:
                    report(Progress(**message["progress"]))
                elif "log" in message:
                    log.log(message["level"], "%s", message["log"])
                elif "outcome" in message:
                    outcome = Outcome.from_dict(message["outcome"])
                    break
                elif "error" in message:
                    error = FerError(message["error"], message.get("code", ""), **message.get("values", {}))
                    break
        except (BrokenPipeError, json.JSONDecodeError):
            pass
        if outcome is not None:
            return outcome
        if self._cancelled:
            raise Cancelled("the training was cancelled; the model in use stays", "cancelled")
        if error is not None:
            raise error
        raise self._died()

    def _died(self) -> FerError:
        try:
            code = self._process.wait(END)
        except subprocess.TimeoutExpired:
            code = 0
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode("utf-8", errors="replace").strip().splitlines()
        said = f": {lines[-1].strip()}" if lines else ""
        how = f"was killed by signal {-code}, maybe for want of memory" if code < 0 else f"ended with status {code}"
        return FerError(f"the training process {how}{said}; the model in use stays, try again", "training_died")
