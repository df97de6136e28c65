"""Commands as a person types them, launches that end with their check, and a node that listens."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Seconds that something may take to happen.
PATIENCE = 60.0
NODES = ("camera", "inference", "recorder", "trainer", "dashboard")


class Skip(Exception):
    """Why a check cannot be made here."""


class Failed(Exception):
    """What a check found."""


def expect(condition: object, text: str) -> None:
    """Fail with the text unless the condition holds."""
    if not condition:
        raise Failed(text)


def until(ready: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What ``ready`` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := ready()):
        expect(time.monotonic() < deadline, f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return found


def needs(command: str) -> None:
    """Skip unless a command is installed."""
    if shutil.which(command) is None:
        raise Skip(f"the command {command} is not installed")


def typed(*words: str, timeout: float = PATIENCE, status: int | None = 0) -> str:
    """The output of a command.

    :param status: that it must end with; None: any.
    """
    needs(words[0])
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"`{' '.join(words)}` did not end within {timeout:g} s") from error
    text = done.stdout + done.stderr
    if status is not None:
        expect(done.returncode == status, f"`{' '.join(words)}` ended with {done.returncode}: {text[-500:]}")
    return text


def echoed(topic: str, *words: str) -> str:
    """One message as `ros2 topic echo` prints it, without what it says of earlier ones that were missed."""
    _listed(topic)
    return typed("ros2", "topic", "echo", "--once", "--no-lost-messages", *words, topic).split("---")[0]


def informed(topic: str) -> str:
    """What `ros2 topic info -v` says."""
    _listed(topic)
    return typed("ros2", "topic", "info", "-v", topic)


def _listed(topic: str) -> None:
    """Wait until `ros2` knows the topic: its daemon may learn of a new node a moment later than we do."""
    until(lambda: topic in typed("ros2", "topic", "list").split(), f"the topic {topic}")


class Running:
    """A command that goes on."""

    def __init__(self, *words: str) -> None:
        needs(words[0])
        self._words = words
        self._out = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            words, stdout=self._out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def text(self) -> str:
        """What it has said."""
        place = os.pread(self._out.fileno(), 1 << 22, 0)
        return place.decode(errors="replace")

    def says(self, *parts: str, seconds: float = PATIENCE) -> None:
        """Wait until it has said all of these."""
        missing = [""]

        def said() -> bool:
            missing[0] = next((part for part in parts if part not in self.text), "")
            return not missing[0]

        try:
            until(said, "", seconds)
        except Failed:
            raise Failed(f"`{' '.join(self._words[:4])} …` did not say {missing[0]!r}: {self.text[-800:]}") from None

    def end(self, number: int = signal.SIGINT, seconds: float = 20.0) -> int:
        """Send a signal and give the status."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"`{' '.join(self._words[:4])} …` did not end on signal {number}") from None

    def kill(self) -> None:
        """End it and all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pid in pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def pids(node: str = "") -> list[int]:
    """Processes of our nodes in this ROS domain; ``node``: of one kind."""
    mark, found = f"ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}", []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            words = file.with_name("cmdline").read_text(errors="replace").split("\0")
            ours = mark in file.read_text(errors="replace").split("\0")
        except OSError:
            continue
        if ours and len(words) > 1 and f"/lib/fer_ros/{node}" in words[1] and (not node or words[1].endswith(node)):
            found.append(int(file.parent.name))
    return found


@contextlib.contextmanager
def launched(*arguments: str, file: str = "live.launch.py", ready: str = "model ") -> Iterator[Running]:
    """`ros2 launch fer_ros live.launch.py …`, ended with Ctrl-C, after which nothing may be left."""
    needs("ros2")
    launch = Running("ros2", "launch", "fer_ros", file, *arguments)
    try:
        launch.says(ready)
        yield launch
        launch.end()
        until(lambda: not pids(), "all nodes ended", 10.0)
        expect("Traceback" not in launch.text, f"a traceback: {launch.text[-1500:]}")
    finally:
        launch.kill()


class Ear:
    """A node that listens, spun by a thread."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self.node: Any = rclpy.create_node("rig", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._over = False
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._over:
            self._executor.spin_once(timeout_sec=0.1)

    def hear(self, kind: type, topic: str, qos: Any = 10) -> list[tuple[float, Any]]:
        """The messages of a topic, each with the time at which it came (``time.monotonic``)."""
        heard: list[tuple[float, Any]] = []
        self.node.create_subscription(kind, topic, lambda message: heard.append((time.monotonic(), message)), qos)
        return heard

    def close(self) -> None:
        """Listen no longer."""
        self._over = True
        self._thread.join()
        self.node.destroy_node()
        self._context.try_shutdown()


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """See :class:`Ear`."""
    ear = Ear()
    try:
        yield ear
    finally:
        ear.close()


def rate(heard: list[tuple[float, Any]], seconds: float) -> float:
    """Messages per second that come from now on."""
    count, began = len(heard), time.monotonic()
    time.sleep(seconds)
    return (len(heard) - count) / (time.monotonic() - began)
