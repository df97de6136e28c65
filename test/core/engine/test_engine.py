"""One interface, three engines: equal answers, each once, whatever dies; and one line for what is wrong."""

from __future__ import annotations

import functools
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import psutil
import pytest

from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.engine import Engine, opened, versions
from test.core.engine.conftest import Cluster

ITEMS = [*range(40)]
# Workers cannot import this file: what is defined here travels to them as it is.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def answers(engine: Engine) -> dict[int, float]:
    pairs = list(engine.map(math.sqrt, iter(ITEMS)))
    assert len(pairs) == len(ITEMS), "each once"
    return dict(pairs)


def test_one_process_imports_no_dask() -> None:
    code = (
        "import sys, math\nfrom fer_ros.core.engine import opened\nfrom fer_ros.core.training import run\n"
        "with opened() as engine: print(list(engine.map(math.sqrt, [4])))\n"
        "print(sorted({'dask', 'distributed', 'pyarrow', 'fsspec', 'zarr'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines() == ["[(0, 2.0)]", "[]"], done.stderr


def test_items_are_taken_as_needed_and_an_error_names_the_item() -> None:
    taken: list[int] = []

    def items() -> object:
        for number in (4, 9, -1, 16):
            taken.append(number)
            yield number

    with opened() as engine:
        found = engine.map(math.sqrt, items(), name=lambda n: f"bag {n}")  # type: ignore[arg-type]
        assert next(found) == (0, 2.0) and taken == [4]
        assert next(found) == (1, 3.0)
        with pytest.raises(FerError, match=r"^bag -1: a mistake of the program or a plugin: ValueError: math domain"):
            next(found)


def test_what_cannot_be_asked_for() -> None:
    for arguments, said in (((-1,), "-1 workers"), ((2, "tcp://127.0.0.1:1"), "give one of them")):
        with pytest.raises(ConfigError, match=said), opened(*arguments):
            pass


def _wait_for(file: str, number: int) -> int:
    """The first item waits until the test has killed its worker."""
    if number == 0:
        Path(f"{file}.{os.getpid()}").touch()
        until = time.monotonic() + 100
        while not Path(file).exists() and time.monotonic() < until:
            time.sleep(0.02)
    return number * number


def _dies(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.slow
def test_local_workers_one_of_which_is_killed(tmp_path: Path) -> None:
    children = {p.pid for p in psutil.Process().children(recursive=True)}
    file = tmp_path / "go"
    with opened(2) as engine:
        assert engine.workers == 2 and answers(engine) == {n: math.sqrt(n) for n in ITEMS}
        killed = 0
        pairs = []
        for pair in engine.map(functools.partial(_wait_for, str(file)), ITEMS):
            pairs.append(pair)
            if not killed and (held := list(tmp_path.glob("go.*"))):
                killed = int(held[0].suffix[1:])
                os.kill(killed, signal.SIGKILL)
                file.touch()
        assert killed and sorted(pairs) == [(n, n * n) for n in ITEMS]
        with pytest.raises(FerError, match=r"^bag 3: several workers died at it"):
            list(engine.map(_dies, ITEMS, name=lambda n: f"bag {n}"))
        assert answers(engine) == {n: math.sqrt(n) for n in ITEMS}, "it goes on"
    assert {p.pid for p in psutil.Process().children(recursive=True)} <= children, "no process stays"


@pytest.mark.slow
def test_a_real_cluster(cluster: Callable[[], Cluster]) -> None:
    real = cluster()
    real.worker(), real.worker()
    with opened(cluster=real.address, files=[Path(__file__)]) as engine:
        assert answers(engine) == {n: math.sqrt(n) for n in ITEMS}
        with pytest.raises(FerError, match=r"^bag -1: .*math domain error"):
            list(engine.map(math.sqrt, [4, -1], name=lambda n: f"bag {n}"))
    # What is open here and nowhere else is like a folder that a worker has not mounted.
    here = os.open(__file__, os.O_RDONLY)
    os.dup2(here, 231)
    with pytest.raises(ConfigError, match=r"worker tcp://\S+ does not see /proc/self/fd/231: mount the folder"):  # noqa: SIM117
        with opened(cluster=real.address, files=[Path(__file__), Path("/proc/self/fd/231")]):
            pass
    os.close(231)
    os.close(here)
    with opened(cluster=real.address) as engine:
        found = engine.map(math.sqrt, ITEMS * 100)
        next(found)
        real.scheduler.kill()
        with pytest.raises(
            FerError, match=r"^the scheduler tcp://\S+ does not answer any more: .*what is done is kept"
        ):
            list(found)


@pytest.mark.slow
def test_a_cluster_that_cannot_work(cluster: Callable[[], Cluster], monkeypatch: pytest.MonkeyPatch) -> None:
    from fer_ros.core.engine import cluster as clusters

    monkeypatch.setattr(clusters, "PATIENCE", 1.0)
    for address in ("tcp://127.0.0.1:9", "nonsense", "tcp://nowhere.invalid:8786", "x://y"):
        with pytest.raises(ConfigError, match="no scheduler answers"), opened(cluster=address):
            pass
    real = cluster()
    with pytest.raises(ConfigError, match=r"has no workers: start some with `dask worker tcp://"):  # noqa: SIM117
        with opened(cluster=real.address):
            pass


@pytest.mark.slow
@pytest.mark.parametrize(("name", "package"), versions.PACKAGES.items())
def test_a_worker_with_another_version_is_refused(
    cluster: Callable[[], Cluster], tmp_path: Path, name: str, package: str
) -> None:
    # As pip leaves it where another version is installed.
    info = tmp_path / f"{package.replace('-', '_')}-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2.3\n")
    real = cluster()
    real.worker(PYTHONPATH=str(tmp_path))
    with pytest.raises(ConfigError, match=rf"has {name} 1\.2\.3, here is \d\S*: install the same"):  # noqa: SIM117
        with opened(cluster=real.address):
            pass


_INTERRUPTED = """
import time
from fer_ros.core.engine import opened
if __name__ == "__main__":
    with opened(2) as engine:
        try:
            for number, _ in engine.map(time.sleep, [0.0] + [60.0] * 20):
                print("begun", flush=True)
        except KeyboardInterrupt:
            print("ended", flush=True)
"""


@pytest.mark.slow
def test_ctrl_c_ends_every_process_at_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout and process.stdout.readline() == "begun\n"
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (0, "ended\n", "")
    assert not psutil.wait_procs(children, timeout=30)[1]
