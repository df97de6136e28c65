"""The process that trains; ``fer_ros.core.training.client`` starts it.

One line of JSON on standard input says what to train; lines of JSON on standard output say how far it is and, at the
end, what came of it. Lines before it may name what is going to be trained: that is embedded while the process waits.
It ends when its standard input ends, so it never outlives the one who started it. Its argument, if there is one, are
the seconds that it waits for a line.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import select
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from fer_ros.core.base import isolation

if TYPE_CHECKING:
    from fer_ros.core.training.request import Request

#: Seconds between two reports within a phase or of epochs.
REPORT_EVERY = 0.1
#: So much the worker gives way to others: frames go on being read on time while it trains.
NICE = 5
#: More faces than these are not embedded while it waits: a take is a small part of them.
MOST_AHEAD = 2000


class _Channel:
    """Lines of JSON to the one who started this process."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._lock = file, threading.Lock()

    def send(self, **message: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(message) + "\n")
            self._file.flush()


class _LogHandler(logging.Handler):
    def __init__(self, channel: _Channel) -> None:
        super().__init__(logging.WARNING)
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        self._channel.send(log=record.getMessage(), level=record.levelno)


def _prepare() -> None:
    """Load what most trainings load once they have begun."""
    from fer_ros.core.base import registry
    from fer_ros.core.base.errors import FerError
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.training.fitting import head_choice  # noqa: F401
    from fer_ros.core.training.options import Options

    with contextlib.suppress(FerError, OSError):  # said when it is asked for
        registry.load("heads", Options().head)
        Bundle.load(Options().base).open()


class _Asked:
    """Lines of standard input, which nothing else reads meanwhile; unbuffered, so that what waits there can be seen."""

    def __init__(self) -> None:
        self._file = open(0, "rb", buffering=0, closefd=False)

    def waits(self, patience: float | None) -> bool:
        """Whether there is something to read, after so many seconds at most; None: however long it takes."""
        return bool(select.select([self._file], [], [], patience)[0])

    def line(self) -> dict[str, Any] | None:
        """The next line; None at the end."""
        text = self._file.readline()
        return json.loads(text) if text else None


class _AskedMeanwhile(Exception):
    """There is something else to do."""


def _look_ahead(request: Request, asked: _Asked) -> None:
    """Embed what is going to be trained; a training that is asked for meanwhile does the rest itself."""
    from fer_ros.core.base.errors import FerError
    from fer_ros.core.training import faces

    def pause() -> None:
        if asked.waits(0.0):
            raise _AskedMeanwhile

    logging.disable(logging.WARNING)  # what is wrong is said when it is trained
    try:
        with contextlib.suppress(_AskedMeanwhile, FerError, OSError):
            faces.ahead(request, MOST_AHEAD, pause)
    except Exception:
        logging.getLogger(__name__).debug("cannot embed ahead", exc_info=True)
    finally:
        logging.disable(logging.NOTSET)


def main() -> int:
    """Train what standard input asks for."""
    channel = _Channel(isolation.answers(NICE))
    logging.getLogger().addHandler(_LogHandler(channel))
    from fer_ros.core.base.errors import FerError, disk_code
    from fer_ros.core.training import run
    from fer_ros.core.training.outcome import Progress
    from fer_ros.core.training.request import Request

    gives_up = None
    if len(sys.argv) > 1:
        gives_up = time.monotonic() + float(sys.argv[1])
        _prepare()
    lines = _Asked()
    while True:
        patience = None if gives_up is None else max(0.0, gives_up - time.monotonic())
        asked = lines.line() if lines.waits(patience) else None
        if asked is None:
            return 0
        if not asked["ahead"]:
            break
        _look_ahead(Request.from_dict(asked), lines)
    isolation.end_with_starter()
    last_phase, last_time = "", 0.0

    def report(progress: Progress) -> None:
        nonlocal last_phase, last_time
        now = time.monotonic()
        if progress.phase != last_phase or progress.epoch or now - last_time >= REPORT_EVERY:
            last_phase, last_time = progress.phase, now
            channel.send(progress=dataclasses.asdict(progress))

    try:
        channel.send(outcome=run.train(Request.from_dict(asked), report).to_dict())
    except FerError as error:
        channel.send(error=str(error), code=error.code, values=error.values)
        return 1
    except MemoryError:
        text = "there is not enough memory to train: give fewer bags, or fewer augmented copies"
        channel.send(error=text, code="no_memory")
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        text = f"training failed: {error.strerror or error}{where}: check the disk and the folder's owner"
        channel.send(error=text, code=disk_code(error))
        return 1
    except Exception as error:
        logging.getLogger(__name__).debug("training failed", exc_info=True)
        text = f"training failed by a mistake of the program or a plugin: {type(error).__name__}: {error}"
        channel.send(error=text, code="fault")
        return 1
    return 0


if __name__ == "__main__":
    isolation.end(main())
