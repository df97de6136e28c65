"""Processes that run our code and nobody else's: without the working folder or the user's own packages on their path.

Python looks for modules in the working folder first where it is started by ``-m`` or ``-c``, and where ``PYTHONPATH``
has an empty part. A file ``numpy.py`` that lies there by chance, or because somebody put it there, would be executed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import site
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

#: Runs a module with the path that it is given. Python is started in its isolated mode (``-I``), with which it takes
#: neither ``PYTHONPATH`` nor the folder of a script.
STARTER = Path(__file__).with_name("isolated_start.py")
#: Environment of processes that calculate: two BLAS threads on two busy cores wait for each other many times longer
#: than they work.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}


def isolate() -> None:
    """Take the working folder off this process's path, unless the user put it there explicitly.

    The first module to start calls this, before it imports anything but the standard library.
    """
    sys.path[:] = safe_path(sys.path, os.environ.get("PYTHONPATH", ""), _working_folder())


def end(status: int) -> NoReturn:
    """End this process now. What it had open must be closed: neither Python nor a library cleans up any more.

    Taking down Python and the libraries of ROS takes seconds on a busy machine, and a signal that comes meanwhile
    would spoil the status.

    :param status: the exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or its reader has gone
            stream.flush()
    os._exit(status)


def end_with_starter() -> None:
    """Let this process end when its standard input ends, so that it never outlives the one who started it."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def command(module: str, *arguments: str) -> list[str]:
    """How to start a module of ours in a process of its own."""
    path = safe_path(sys.path, os.environ.get("PYTHONPATH", ""), _working_folder())
    own = site.getusersitepackages() if site.ENABLE_USER_SITE else ""
    if own in path:
        path.remove(own)
        if _used(own):  # what is installed there alone must still be found, but comes last
            path.append(own)
    return [sys.executable, "-I", str(STARTER), json.dumps(path), module, *arguments]


def foreign(python: str, script: Path, *arguments: str) -> list[str]:
    """How to start a file of ours by the Python of another environment, which knows nothing of our path."""
    return [python, "-I", str(script), *arguments]


def start(command: Sequence[str], env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[Any]:
    """Start a process, which inherits no files but the three that it is given.

    :param command: of :func:`command` or :func:`foreign`.
    :param env: as of :class:`subprocess.Popen`; so are ``options``, of which ``stdin`` should be one.
    """
    return subprocess.Popen(command, env=env, close_fds=True, **options)


def converse(module: str, *arguments: str, stderr: Any, **environment: str) -> subprocess.Popen[str]:
    """Start a module of ours that calculates, and is asked and answers by lines on its standard input and output.

    :param stderr: as of :class:`subprocess.Popen`.
    :param environment: further variables.
    """
    return start(
        command(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, **ONE_THREAD, **environment},
        text=True,
        encoding="utf-8",
    )


def answers(nice: int) -> IO[str]:
    """Where a process that :func:`converse` has started answers; its first step, before it imports what may print.

    Whatever else prints to standard output does not get among the answers, and Ctrl-C is for the one who started it.

    :param nice: so much it gives way to others.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(nice)
    return out


def serve(nice: int, answer: Callable[[Any], dict[str, Any]]) -> int:
    """Answer what a process that :func:`converse` has started is asked, until its input ends: its whole life.

    :param nice: as of :func:`answers`.
    :param answer: to one question; what it raises is answered as ``error``, ``code`` and ``values``.
    :returns: the exit status.
    """
    out = answers(nice)
    from fer_ros.core.base.errors import FerError

    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except FerError as error:
            told = {"error": str(error), "code": error.code, "values": error.values}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}", "code": "fault", "values": {}}
        out.write(f"{json.dumps(told)}\n")
        out.flush()
    return 0


def safe_path(path: list[str], python_path: str, working: str) -> list[str]:
    """A search path without the working folder.

    It stays where ``PYTHONPATH`` names it in full; where a package in it was installed by ``pip install -e``, which
    puts it behind the folder of installed packages; and last of all where this very package lies in it.

    :param python_path: as in the environment.
    :param working: the working folder; empty where there is none any more.
    """
    asked = {part for part in python_path.split(os.pathsep) if os.path.isabs(part)}
    sites = {os.path.realpath(folder) for folder in site.getsitepackages()}
    behind = next((number for number, part in enumerate(path) if os.path.realpath(part) in sites), len(path))
    safe = [
        part
        for number, part in enumerate(path)
        if os.path.isabs(part) and (part in asked or number > behind or not _same(part, working))
    ]
    home = str(Path(__file__).resolve().parents[3])
    if not any(_same(part, home) for part in safe) and any(_same(part or working, home) for part in path):
        safe.append(home)
    return safe


def _used(folder: str) -> bool:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return any(isinstance(file, str) and file.startswith(folder + os.sep) for file in files)


def _same(part: str, folder: str) -> bool:
    return bool(folder) and os.path.realpath(part) == os.path.realpath(folder)


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
