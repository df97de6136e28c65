"""A signal ends a process in time, whatever hangs: while it starts, while it ends, and where no Python runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]

BEGIN = (
    "import ctypes, os, sys, time\nfrom fer_ros.nodes.running import Ending\nending = Ending()\nending.on_signals()\n"
)
#: It sleeps in native code that keeps Python's lock.
LOCKED = "ctypes.PyDLL(None).sleep(60)\n"


@pytest.mark.parametrize(
    ("then", "status"),
    [
        ("print('up', flush=True)\ntime.sleep(60)\n", 0),
        ("print('up', flush=True)\nending.wait()\nending.within_grace()\ntime.sleep(60)\n", 0),
        (f"print('up', flush=True)\nending.wait()\n{LOCKED}", -signal.SIGALRM),
    ],
    ids=["while it starts", "while it ends", "without a turn for Python"],
)
def test_a_process_that_hangs_is_ended(
    start: Callable[..., Any], wait: Callable[..., None], then: str, status: int
) -> None:
    process = start(sys.executable, "-c", BEGIN + then)
    wait(lambda: "up" in process.out)
    process.signal(signal.SIGTERM)
    assert process.wait(20).code == status


def test_a_signal_that_another_thread_gets_ends_the_process(start: Callable[..., Any]) -> None:
    """The system may choose any thread, and rarely does; the waiting one must see it all the same."""
    code = "import signal, threading\n"
    code += "def other():\n    time.sleep(0.5)\n    signal.pthread_kill(threading.get_ident(), signal.SIGINT)\n"
    code += "threading.Thread(target=other).start()\nending.wait()\nprint('ended')\n"
    done = start(sys.executable, "-c", BEGIN + code).wait(20)
    assert (done.code, done.out) == (0, "ended\n"), done.err


def test_an_end_in_order_does_not_take_python_down(start: Callable[..., Any], wait: Callable[..., None]) -> None:
    """That takes seconds on a busy machine, and in it a signal would spoil the status."""
    code = "import atexit\nfrom fer_ros.nodes import entry\natexit.register(lambda: print('taken down'))\n"
    code += "entry.recorder()\n"
    process = start(sys.executable, "-c", code, "--ros-args", "-p", "autostart:=true", "--log-level", "debug")
    wait(lambda: "activated" in process.err)
    process.signal(signal.SIGTERM)
    done = process.wait(20)
    assert (done.code, done.out) == (0, ""), done.err
