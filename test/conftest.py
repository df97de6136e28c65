"""What every test gets: a ROS domain of its own on this machine alone, an empty user folder, commands with timeouts."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
#: Domains whose ports Linux does not hand out as ephemeral ones (docs.ros.org, "The ROS_DOMAIN_ID"), 0 left out.
DOMAINS = range(1, 102)

# A shell that runs the tests in the background has told them to ignore Ctrl-C; what they start must know it again.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _claim_domain() -> tuple[int, IO[str]]:
    """A ROS domain that no other test run on this machine has; it is ours as long as the file stays open."""
    offset = os.getpid()
    for step in range(len(DOMAINS)):
        domain = DOMAINS[(offset + step) % len(DOMAINS)]
        lock = Path(tempfile.gettempdir(), f"fer_ros_test_domain_{domain}_{os.getuid()}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
        else:
            return domain, lock
    raise RuntimeError(f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are taken by other test runs")


# Before any test module is imported: rclpy reads these when it starts, and so do the processes that tests start.
_domain, _domain_lock = _claim_domain()
_home = tempfile.TemporaryDirectory(prefix="fer_ros_test_")
os.environ["ROS_DOMAIN_ID"] = str(_domain)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
if os.environ.get("ROS_DISTRO") == "humble":
    os.environ["ROS_LOCALHOST_ONLY"] = "1"  # the older name; newer ones warn about it
else:
    os.environ.pop("ROS_LOCALHOST_ONLY", None)
os.environ["ROS_LOG_DIR"] = str(Path(_home.name, "log"))
os.environ["FER_HOME"] = str(Path(_home.name, "fer"))
os.environ.pop("ROS_STATIC_PEERS", None)

# A busy machine is no error, and the same code gives the same result; `--hypothesis-profile=explore` goes on looking.
hypothesis.settings.register_profile("fer_ros", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("fer_ros")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, so that a mistake shows at once; those that start ROS processes last."""
    items.sort(key=lambda item: (any(item.iter_markers("slow")), any(item.iter_markers("ros"))))


_died: set[str] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Run a test again, once, during which its process died: Fast DDS can hang for good where others were killed."""
    if crashitem not in _died:
        _died.add(crashitem)
        sched.mark_test_pending(crashitem)
        report.outcome = "skipped"
        file, _, _ = crashitem.partition("::")
        report.longrepr = (file, 0, f"its process died, stacks are above; {crashitem} runs again")


@pytest.fixture
def fer_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty user folder for this test alone, as ``$FER_HOME``; it does not exist yet."""
    home = tmp_path / "fer_home"
    monkeypatch.setenv("FER_HOME", str(home))
    return home


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    :ivar code: exit status; negative where a signal ended it.
    :ivar out: all of standard output.
    :ivar err: all of standard error.
    """

    code: int
    out: str
    err: str


class Process:
    """A command that runs beside the test, in its own process group; its output goes to files, which never block."""

    def __init__(self, command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str], folder: Path) -> None:
        self.out_file, self.err_file = folder / "out", folder / "err"
        with self.out_file.open("wb") as out, self.err_file.open("wb") as err:
            self.popen = subprocess.Popen(
                [os.fspath(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        """Standard output so far."""
        return self.out_file.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        """Standard error so far."""
        return self.err_file.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int = signal.SIGINT) -> None:
        """Send a signal to the whole group, as Ctrl-C in a terminal does."""
        os.killpg(self.popen.pid, number)

    def wait(self, timeout: float) -> Finished:
        """Wait for the end.

        :param timeout: seconds.
        :raises AssertionError: it did not end in time; it is killed, and the message holds its output.
        """
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout} s\n--- out\n{self.out}\n--- err\n{self.err}") from None
        return Finished(code, self.out, self.err)

    def kill(self) -> None:
        """End it and everything it started, now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


Start = Callable[..., Process]
Run = Callable[..., Finished]


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """``start(*command, **environment) -> Process``; whatever still runs when the test ends is ended."""
    running: list[Process] = []

    def start(*command: str | os.PathLike[str], **environment: str) -> Process:
        running.append(Process(command, environment, tmp_path_factory.mktemp("process")))
        return running[-1]

    yield start
    # Asked first: one that is killed while it holds a lock in shared memory can hang the later ROS nodes of its domain.
    alive = [process for process in running if process.popen.poll() is None]
    for process in alive:
        with contextlib.suppress(ProcessLookupError):
            process.signal(signal.SIGINT)
    deadline = time.monotonic() + 3.0
    for process in alive:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.popen.wait(max(0.0, deadline - time.monotonic()))
    for process in running:
        process.kill()


@pytest.fixture
def run(start: Start) -> Run:
    """``run(*command, timeout=120, **environment) -> Finished``: run a command to its end."""

    def run(*command: str | os.PathLike[str], timeout: float = 120.0, **environment: str) -> Finished:
        return start(*command, **environment).wait(timeout)

    return run


@pytest.fixture
def fer(run: Run) -> Run:
    """``fer(*arguments, timeout=120, **environment) -> Finished``: run the ``fer`` command of this environment."""

    def fer(*arguments: str | os.PathLike[str], timeout: float = 120.0, **environment: str) -> Finished:
        return run(sys.executable, "-m", "fer_ros.cli.main", *arguments, timeout=timeout, **environment)

    return fer


@dataclass(frozen=True)
class S3:
    """A real S3 server on this machine, with an empty bucket.

    :ivar address: of the bucket, such as ``s3://bucket-1``.
    :ivar files: the bucket as fsspec sees it.
    """

    address: str
    files: Any

    def put(self, folder: Path, place: str) -> str:
        """Copy a folder into the bucket; gives its address."""
        self.files.put(str(folder), f"{self.address}/{place}", recursive=True)
        return f"{self.address}/{place}"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Moto's server over loopback."""
    for module in ("moto", "flask", "flask_cors", "s3fs"):
        pytest.importorskip(module, reason="needs moto's S3 server: `make setup-dev`")
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            pytest.fail("moto's server does not start")
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        yield found[0]
        process.kill()
        drain.join()


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3:
    """The server, for this test and the processes that it starts."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    bucket = f"bucket-{uuid.uuid4().hex}"
    files.mkdir(bucket)
    return S3(f"s3://{bucket}", files)


@pytest.fixture(scope="session")
def corpus() -> Any:
    """The files that test/core/vision/conftest.py makes, for tests of other folders."""
    # By its path: pytest 7 knows a conftest by name only beside and below its folder.
    path = Path(__file__).parent / "core" / "vision" / "conftest.py"
    spec = importlib.util.spec_from_file_location("fer_corpus", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
