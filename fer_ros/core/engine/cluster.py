"""Workers that somebody else started: whether they can do our work, before they get any."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import socket
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from distributed import Client

from fer_ros.core.base.errors import ConfigError, FerError, quoted, reason
from fer_ros.core.engine import dask_engine, versions
from fer_ros.core.engine.dask_engine import PATIENCE, DaskEngine


@contextlib.contextmanager
def joined(address: str, files: Sequence[Path]) -> Iterator[DaskEngine]:
    """Work on the cluster of a scheduler; arguments and errors as of :func:`fer_ros.core.engine.opened`."""
    dask_engine.prepare()
    try:
        # Asked before Dask is: a client of it that was not made whole can hang when it is tidied away.
        place = urllib.parse.urlsplit(address)
        if not (place.scheme and place.hostname and place.port):
            raise ValueError("no such address")
        socket.create_connection((place.hostname, place.port), timeout=PATIENCE).close()
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"no scheduler answers at {quoted(address)}: start one with `dask scheduler`, and give the address that it "
            "tells"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ConfigError(
                f"the scheduler {address} has no workers: start some with `dask worker {address} --nthreads 1`"
            ) from error
        try:
            _check_versions(client)
            _check_files(client, files)
        except OSError as error:
            raise FerError(f"the scheduler {address} does not answer any more: {reason(error)}") from error
        yield DaskEngine(client, f"the scheduler {address}")


def _check_versions(client: Client) -> None:
    # Standard functions alone, so that a worker without fer_ros can answer, too.
    asked = {"Python": _ask(client, platform.python_version)}
    asked |= {name: _ask(client, importlib.metadata.version, package) for name, package in versions.PACKAGES.items()}
    for worker in sorted(asked["Python"]):
        found = {name: answers.get(worker, "") for name, answers in asked.items()}
        theirs = {name: "" if isinstance(version, BaseException) else version for name, version in found.items()}
        theirs["Python"] = versions.python(theirs["Python"])
        if differs := versions.differing(worker, theirs, versions.own()):
            raise ConfigError(differs)


def _check_files(client: Client, files: Sequence[Path]) -> None:
    for worker, missing in sorted(_ask(client, missing_of, [str(file.absolute()) for file in files]).items()):
        if isinstance(missing, BaseException):
            raise FerError(f"worker {worker} cannot be asked: {reason(missing)}")
        if missing:
            raise ConfigError(
                f"worker {worker} does not see {missing}: mount the folder there at the same path, or start workers "
                "where it is"
            )


def missing_of(files: list[str]) -> str:
    """The first of some files that this process does not see; empty where it sees all."""
    return next((file for file in files if not Path(file).exists()), "")


def _ask(client: Client, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What a function returns, or raises, on each worker."""
    answers: dict[str, Any] = client.run(function, *arguments, on_error="return")
    return answers
