"""The process that trains; ``fer_ros.core.training.client`` starts it.

One line of JSON on standard input says what to train; lines of JSON on standard output say how far it is and, at the
end, what came of it. It ends when its standard input ends, so it never outlives the one who started it. Its argument,
if there is one, are the seconds that it waits for that line.
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
from pathlib import Path
from typing import IO, Any

from fer_ros.core.base import isolation

#: Seconds between two reports within a phase or of epochs.
REPORT_EVERY = 0.1
#: So much the worker gives way to others: frames go on being read on time while it trains.
NICE = 5


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


def main() -> int:
    """Train what standard input asks for."""
    channel = _Channel(isolation.answers(NICE))
    logging.getLogger().addHandler(_LogHandler(channel))
    from fer_ros.core.base.errors import FerError, disk_code
    from fer_ros.core.training import run
    from fer_ros.core.training.options import Options
    from fer_ros.core.training.outcome import Progress
    from fer_ros.core.training.request import Request

    patience = float(sys.argv[1]) if len(sys.argv) > 1 else None
    if patience is not None:
        _prepare()
    if not select.select([sys.stdin], [], [], patience)[0] or not (line := sys.stdin.readline()):
        return 0
    isolation.end_with_starter()
    asked = json.loads(line)
    last_phase, last_time = "", 0.0

    def report(progress: Progress) -> None:
        nonlocal last_phase, last_time
        now = time.monotonic()
        if progress.phase != last_phase or progress.epoch or now - last_time >= REPORT_EVERY:
            last_phase, last_time = progress.phase, now
            channel.send(progress=dataclasses.asdict(progress))

    try:
        bags = tuple(Path(bag) for bag in asked["bags"])
        name, settings, without = asked["name"], asked["settings"], tuple(asked["without"])
        request = Request(bags, Options(**asked["options"]), name, settings, without, **asked["spread"])
        channel.send(outcome=run.train(request, report).to_dict())
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
