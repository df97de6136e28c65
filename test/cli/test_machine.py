"""Figures of /proc against what other interfaces of the system say."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from fer_ros.cli import machine


def test_description_is_filled() -> None:
    found = machine.describe()
    assert found["cpu"] and found["cores"] == len(os.sched_getaffinity(0))
    assert found["memory_bytes"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert found["python"].endswith(sys.version.split()[0])
    assert 0 < machine.available_memory() <= found["memory_bytes"]


def test_memory_follows_what_is_taken() -> None:
    before = machine.memory()
    block = bytearray(os.urandom(64 << 20))
    during = machine.memory()
    assert during["resident"] - before["resident"] > 60 << 20
    del block
    after = machine.memory()
    assert after["peak"] >= during["resident"]
    # Linux keeps the counters per thread and adds them up late: man 5 proc calls them inaccurate.
    assert abs(after["peak"] - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024) < 8 << 20
    assert machine.memory(os.getpid())["peak"] == after["peak"]


def test_processor_time_of_another_process(tmp_path: Path) -> None:
    # A name with blanks and brackets must not shift the fields.
    odd = tmp_path / "a) 1 (b"
    odd.symlink_to(sys.executable)
    code = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(time.process_time(), flush=True)\n"
    code += "sys.stdin.read()"
    pipe = subprocess.PIPE
    environment = {**os.environ, "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1"}
    with subprocess.Popen([str(odd), "-c", code], stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        assert process.stdout
        said = float(process.stdout.readline())
        time.sleep(0.05)
        # A tick is 10 ms, and the two clocks round differently.
        assert abs(machine.cpu_seconds(process.pid) - said) < 0.1
        assert Path(f"/proc/{process.pid}/comm").read_text().strip() == odd.name
        process.communicate()


def test_processes_that_are_gone_have_no_figures() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert machine.memory(process.pid) == {"resident": 0, "peak": 0}
    assert machine.cpu_seconds(process.pid) == 0.0
