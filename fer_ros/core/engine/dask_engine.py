"""Work given to the workers of a Dask scheduler."""

from __future__ import annotations

import itertools
import logging
import platform
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import cloudpickle
import dask
from distributed import Client, Future, KilledWorker, as_completed

from fer_ros.core.base.errors import FerError
from fer_ros.core.engine import versions
from fer_ros.core.engine.work import Engine, Failed, attempt

T = TypeVar("T")
R = TypeVar("R")

#: Items given to each worker ahead, so that none waits for the next one.
AHEAD = 2
#: Seconds after which it is asked anew how many workers there are.
COUNTED = 2.0
#: Seconds that a scheduler may be silent.
PATIENCE = 10.0
#: Dask's own settings: no reports to the terminal, no web page, and an end where the scheduler is gone.
SETTINGS = {
    "distributed.comm.timeouts.connect": f"{PATIENCE}s",
    "distributed.admin.log-length": 100,
    # A worker that holds Python's lock for seconds, as NumPy and LiteRT do not, is none of the user's business.
    "distributed.admin.tick.limit": "1 minute",
    # An item of which two workers died is suspected: see DaskEngine.map.
    "distributed.scheduler.allowed-failures": 1,
}


def prepare() -> None:
    """Set Dask up for this process; called before anything of it is started."""
    dask.config.set(SETTINGS)
    for name in ("distributed", "distributed.worker", "distributed.scheduler", "distributed.client", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    name: str
    packed: bytes


class DaskEngine(Engine):
    """See the module.

    :ivar where: what an error calls the scheduler.
    """

    def __init__(self, client: Client, where: str) -> None:
        self.client, self.where = client, where

    @property
    def workers(self) -> int:
        try:
            return max(1, sum(self.client.nthreads().values()))
        except (OSError, RuntimeError) as error:
            raise self._gone() from error

    def map(
        self, work: Callable[[T], R], items: Iterable[T], name: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R]]:
        jobs = (_Job(number, name(item), cloudpickle.dumps(item)) for number, item in enumerate(items))
        own, call = uuid.uuid4().hex[:12], cloudpickle.dumps(work)
        ours, waiting = dict(versions.own()), dict[Future, _Job]()
        suspects: list[_Job] = []
        done: Any = as_completed(loop=self.client.loop, with_results=True, raise_errors=False)

        def submit(job: _Job, again: str = "") -> None:
            future = self.client.submit(
                _attempt, ours, call, job.packed, key=f"fer-{own}-{job.number}{again}", pure=False
            )
            waiting[future] = job
            done.add(future)

        ahead, counted = AHEAD * self.workers, time.monotonic()
        try:
            while True:
                if time.monotonic() - counted > COUNTED:
                    ahead, counted = AHEAD * self.workers, time.monotonic()
                for job in itertools.islice(jobs, max(0, ahead - len(waiting))):
                    submit(job)
                if not waiting and suspects:
                    submit(suspects.pop(), "-alone")
                if not waiting:
                    return
                future, found = next(done)
                job = waiting.pop(future)
                if isinstance(found, Failed):
                    raise found.error(job.name)
                if future.status == "finished":
                    yield job.number, found
                elif future.status != "error":
                    raise self._gone()
                elif isinstance(future.exception(), KilledWorker) and not future.key.endswith("-alone"):
                    # It may only have waited at a worker that died of another item: it is tried once more, alone.
                    suspects.append(job)
                else:
                    raise self._lost(job.name, future.exception())
        except (OSError, RuntimeError) as error:
            if self.client.status == "running":  # of the items
                raise
            raise self._gone() from error
        finally:
            self._drop(list(waiting))

    def _drop(self, futures: list[Future]) -> None:
        if futures and self.client.status == "running":
            self.client.cancel(futures, force=True)

    def _lost(self, name: str, error: BaseException | None) -> FerError:
        if isinstance(error, KilledWorker):
            return FerError(
                f"{name}: several workers died at it, maybe for want of memory: look at what they say, or leave it out"
            )
        return FerError(f"{name}: {type(error).__name__}: {' '.join(str(error).split())}")

    def _gone(self) -> FerError:
        return FerError(f"{self.where} does not answer any more: start it anew and call again; what is done is kept")


def _attempt(ours: dict[str, str], work: bytes, item: bytes) -> Any:
    # A worker may have joined after the others were asked.
    if differs := versions.differing(platform.node(), versions.own(), ours):
        return Failed(differs, True)
    # Unpacked here and not by Dask, whose worker ends where a module is missing, such as that of a plugin.
    found = attempt(_unpacked, (work, item))
    return replace(found, cause=None) if isinstance(found, Failed) else found


def _unpacked(packed: tuple[bytes, bytes]) -> Any:
    work, item = packed
    return cloudpickle.loads(work)(cloudpickle.loads(item))
