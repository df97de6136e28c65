"""Runs nodes in a process: start, signals, errors in one line, and an end within two seconds whatever hangs."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from types import FrameType

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.signals import SignalHandlerOptions

from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.nodes import middleware
from fer_ros.nodes.launched import BAD_CONFIGURATION, end_with_launch
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.logs import forward

#: Seconds that the ending may take before the process is ended as it is: by us, and else by the system (SIGALRM).
GRACE, LAST_RESORT = 1.6, 1.9
#: Seconds between two turns of Python in the waiting main thread. A signal that the system gives to another thread, or
#: that comes just before the waiting, wakes nobody: without a turn, Ctrl-C would be lost.
TURN = 0.1


class Ending:
    """When and why the process ends.

    :ivar error: what went wrong, else None.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._event = threading.Event()
        self._counting = False

    def finish(self, error: Exception | None = None) -> None:
        """End the waiting; any thread may call it."""
        self.error = self.error or error
        self._event.set()

    def wait(self) -> None:
        """Wait for :meth:`finish`. In the main thread, signals are handled meanwhile."""
        while not self._event.wait(TURN):
            pass

    def on_signals(self) -> None:
        """Let Ctrl-C and SIGTERM end the process in order, with rclpy still usable by the threads that are ending."""

        def handle(number: int, frame: FrameType | None) -> None:
            # From the signal on, for the process may still be starting.
            self.within_grace()
            self.finish()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, handle)

    @property
    def status(self) -> int:
        """The exit status that goes with it."""
        if self.error is None:
            return 0
        return BAD_CONFIGURATION if isinstance(self.error, ConfigError) else 1

    def within_grace(self) -> None:
        """From now on, the process ends after :data:`GRACE` seconds, even if a driver or the middleware hangs.

        If native code holds Python's lock, our threads get no turn. The system then ends the process a little later.
        """
        if self._counting:
            return
        self._counting = True
        signal.setitimer(signal.ITIMER_REAL, LAST_RESORT)
        timer = threading.Timer(GRACE, lambda: os._exit(self.status))
        timer.daemon = True
        timer.start()


class _Spinning:
    """A node, and the thread that runs its callbacks.

    One thread runs them all: with several, those of images overtake each other, and receiving costs twice the CPU. No
    other node shares it: for each message rclpy looks through all that the thread waits for.
    """

    def __init__(self, node: ManagedNode, ending: Ending) -> None:
        self.node, self._ending = node, ending
        self._stopping = False
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name=node.get_name(), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the callback that runs be the last one."""
        self._stopping = True
        # A task, as waking alone leaves spin_once waiting for the next callback.
        self._executor.create_task(lambda: None)

    def free(self) -> None:
        """Free everything and destroy the node; after :meth:`stop`."""
        if self._thread.is_alive():
            self._thread.join()
        self.node.shut_down()
        self._executor.remove_node(self.node)
        self.node.destroy_node()
        self._executor.shutdown()

    def _spin(self) -> None:
        while not self._stopping:
            try:
                self._executor.spin_once()
            except (ExternalShutdownException, ShutdownException):
                self._ending.finish()
                return
            except Exception as error:
                # Whatever a message of somebody's did to a callback, the other callbacks go on.
                self.node.get_logger().error(f"a callback failed: {type(error).__name__}: {error}")


class Host:
    """Spins nodes in threads, one for each, so that the main thread can wait for signals and for the end."""

    def __init__(self, nodes: Sequence[ManagedNode], ending: Ending, dispensable: Collection[ManagedNode] = ()) -> None:
        """Take over the nodes; they report the end to ``ending``.

        :param dispensable: nodes that may fail to start; the others then go on without them.
        """
        self._ending, self._dispensable = ending, dispensable
        self._stopping = threading.Event()
        forward(nodes[-1].get_logger())
        self._starter = threading.Thread(target=self._bring_up, name="starter", daemon=True)
        self._undertaker = threading.Thread(
            target=middleware.bury_until, args=[self._stopping], name="undertaker", daemon=True
        )
        for node in nodes:
            node.on_finished = ending.finish
        self._spinning = [_Spinning(node, ending) for node in nodes]

    def start(self) -> None:
        """Bring the nodes up, in the given order, and spin each as soon as it is up."""
        self._starter.start()
        self._undertaker.start()

    def stop(self) -> None:
        """Stop spinning, free everything and destroy the nodes; after a good end nothing is kept for their return."""
        self._stopping.set()
        if self._starter.is_alive():
            self._starter.join()
        for spinning in self._spinning:
            spinning.stop()
        for spinning in reversed(self._spinning):
            spinning.free()
        if self._ending.status == 0:
            for spinning in self._spinning:
                spinning.node.kept.forget()

    def _bring_up(self) -> None:
        for spinning in self._spinning:
            if self._stopping.is_set():
                return
            try:
                spinning.node.autostart()
            except Exception as error:
                if spinning.node not in self._dispensable:
                    self._ending.finish(error)
                    return
                # The log has said why.
            spinning.start()


def initialise(arguments: Sequence[str] | None = None) -> None:
    """Start rclpy without its signal handlers.

    :param arguments: the command line, with ``--ros-args``; None takes that of the process.
    :raises ConfigError: ROS arguments or a parameter file cannot be understood.
    """
    middleware.prepare()
    try:
        rclpy.init(args=None if arguments is None else list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:
        raise ConfigError(first_line(error)) from error


def make(factory: Callable[[], ManagedNode]) -> ManagedNode:
    """Make a node.

    :raises ConfigError: its name, namespace or parameters are wrong.
    """
    try:
        node = factory()
        middleware.prepared()
        return node
    except (rclpy_implementation.RCLError, ParameterException, ValueError) as error:
        raise ConfigError(first_line(error)) from error


def leave() -> None:
    """Leave ROS; the last thing that a process does.

    A signal that comes later is ignored: while Python cleans up, it would kill the process and spoil its exit status.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    rclpy.try_shutdown()


def run(name: str, factory: Callable[[], ManagedNode], arguments: Sequence[str] | None = None) -> int:
    """The life of a process with one node.

    :param name: name of the process in errors before the node exists.
    :param factory: makes the node.
    :returns: 0 after Ctrl-C, SIGTERM or the end of a source; 2 if the configuration is wrong; 1 after another error.
    """
    ending = Ending()
    ending.on_signals()
    end_with_launch()
    try:
        initialise(arguments)
        node = make(factory)
    except FerError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return BAD_CONFIGURATION
    host = Host([node], ending)
    host.start()
    ending.wait()
    ending.within_grace()
    host.stop()
    leave()
    return ending.status


def first_line(error: Exception) -> str:
    """The text of an rclpy error, in one line and without places in its source."""
    if isinstance(error, rclpy_implementation.UnknownROSArgsError):
        return f"unknown ROS arguments: {error}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return re.sub(r", at \S+:\d+", "", lines[0]) if lines else type(error).__name__
