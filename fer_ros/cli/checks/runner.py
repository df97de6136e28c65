"""Runs the checks, each in a process of its own, so that a crash, hang or abort in one leaves the others alone.

Native libraries are what breaks on small computers, and they break by signals: an OpenCV built for another CPU ends
with SIGILL, a middleware without shared memory may wait for ever. No ``try`` catches that; a process does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fer_ros.cli.checks.finding import LEVELS, Finding, error
from fer_ros.core.base import isolation

PACKAGE = "fer_ros.cli.checks"
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Check:
    """A check's name, the module that holds it, and how many seconds it may take."""

    name: str
    module: str
    timeout: float


def _own(name: str, timeout: float) -> Check:
    return Check(name, f"{PACKAGE}.{name}", timeout)


#: In the order of the report: what the later ones stand on comes first. The times suit a busy single-board computer.
CHECKS = (
    _own("python", 15),
    _own("modules", 60),
    _own("ros", 30),
    _own("messages", 30),
    _own("dds", 40),
    _own("camera", 45),
    _own("models", 60),
    _own("plugins", 60),
    _own("home", 15),
    _own("machine", 15),
)


@dataclass(slots=True)
class _Running:
    check: Check
    process: subprocess.Popen[bytes]
    out: IO[bytes]
    err: IO[bytes]
    deadline: float


def run_all(checks: Iterable[Check] = CHECKS, at_once: int | None = None) -> Iterator[tuple[Check, list[Finding]]]:
    """Run checks and give what each found, in the order of ``checks``, as soon as it is known.

    :param at_once: how many may run side by side; None: one per CPU, four at most.
    """
    waiting = list(checks)
    order = list(waiting)
    limit = at_once or min(4, os.cpu_count() or 1)
    running: list[_Running] = []
    done: dict[Check, list[Finding]] = {}
    try:
        while order:
            while waiting and len(running) < limit:
                running.append(_start(waiting.pop(0)))
            for job in [j for j in running if j.process.poll() is not None or time.monotonic() > j.deadline]:
                running.remove(job)
                done[job.check] = _finish(job)
            while order and order[0] in done:
                yield order[0], done[order.pop(0)]
            if running:
                time.sleep(POLL_S)
    finally:
        for job in running:
            _end(job.process)


def _start(check: Check) -> _Running:
    # Files, not pipes: a check that says much must not wait for somebody to read.
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    # A session of its own, so that whatever the check starts can be ended with it.
    process = isolation.start(
        isolation.command(f"{PACKAGE}.child", check.module),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )
    return _Running(check, process, out, err, time.monotonic() + check.timeout)


def _finish(job: _Running) -> list[Finding]:
    status = job.process.poll()
    _end(job.process)
    with job.out, job.err:
        findings = _parse(_text(job.out))
        said = _text(job.err).strip().splitlines()
    if status is None:
        findings.append(error(f"gave no answer within {job.check.timeout:g} s", _again(job.check)))
    elif status < 0:
        findings.append(error(f"was ended by {_signal_name(-status)}", _again(job.check)))
    elif status > 0:
        last = said[-1] if said else "no reason given"
        findings.append(error(f"failed: {last}", _again(job.check)))
    elif not findings:
        findings.append(error("found nothing", _again(job.check)))
    return findings


def _again(check: Check) -> str:
    return f"see it whole by `{Path(sys.executable).name} -m {PACKAGE}.child {check.module}`"


def _signal_name(number: int) -> str:
    names = {"SIGILL": " (a library was built for another CPU)", "SIGKILL": " (out of memory?)"}
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return name + names.get(name, "")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(1 << 20).decode(errors="replace")


def _parse(text: str) -> list[Finding]:
    findings = []
    for line in text.splitlines():
        # The last line may be cut off.
        with contextlib.suppress(ValueError, TypeError):
            finding = Finding(**json.loads(line))
            if finding.level in LEVELS:
                findings.append(finding)
    return findings


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
