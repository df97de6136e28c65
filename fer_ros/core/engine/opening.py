"""Which engine is taken, and how it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.engine.work import Engine, Here


@contextlib.contextmanager
def opened(workers: int = 1, cluster: str = "", files: Sequence[Path] = ()) -> Iterator[Engine]:
    """Open an engine; its processes, or what it still does on a cluster, end with the block.

    :param workers: processes of this machine; 1: this process alone, without Dask; 0: one for each core.
    :param cluster: address of a Dask scheduler that somebody started, such as ``tcp://10.0.0.5:8786``; then
        ``workers`` must be 1.
    :param files: what the workers must see at the same paths.
    :raises ConfigError: Dask is not installed, both are asked for, no scheduler answers, or a worker has other versions
        or does not see the files.
    """
    if workers < 0:
        raise ConfigError(f"{workers} workers cannot be: give how many processes are to work, or 0 for one a core")
    if cluster and workers != 1:
        raise ConfigError("--workers is of this machine, --cluster of others: give one of them")
    count = workers or len(os.sched_getaffinity(0))
    if count == 1 and not cluster:
        yield Here()
        return
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"more than one process needs Dask, and {error.name} is not installed: pip install 'fer_ros[cluster]'"
        ) from error
    if cluster:
        from fer_ros.core.engine.cluster import joined

        with joined(cluster, files) as engine:
            yield engine
    else:
        from fer_ros.core.engine.local import started

        with started(count) as engine:
            yield engine
