"""What a launch does when a node ends: start it again, go on without it, or end everything."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import LogInfo, OpaqueFunction, Shutdown, TimerAction
from launch.events.process import ProcessExited
from launch_ros.actions import Node

from fer_ros.core.base.timing import Backoff
from fer_ros.nodes.launched import BAD_CONFIGURATION
from fer_ros.nodes.middleware import bury

#: Seconds before the first return, and before any later one at most. At most nine returns fall into one minute.
FIRST, LAST = 0.1, 30.0
#: Seconds of running after which a crash counts as the first one again.
HEALTHY = 20.0


class Supervision:
    """Watches one node of a launch.

    :ivar needed: whether the launch ends when the node has ended for good.
    """

    def __init__(self, name: str, needed: bool, respawn: bool, make: Callable[[], Node]) -> None:
        """Watch the node ``name``.

        :param respawn: start it again after a crash.
        :param make: makes the launch action anew, as an action runs only once.
        """
        self.needed = needed
        self._name, self._respawn, self._make = name, respawn, make
        self._backoff = Backoff(FIRST, LAST)
        self._since = 0.0

    def start(self) -> Node:
        """The action that starts the node now."""
        self._since = time.monotonic()
        return self._make()

    def ended(self, event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """What happens next, now that the process has ended."""
        if context.is_shutdown:
            return []
        crashed = event.returncode not in (0, BAD_CONFIGURATION)
        if crashed:
            bury()
        if crashed and self._respawn:
            if time.monotonic() - self._since >= HEALTHY:
                self._backoff.reset()
            pause = self._backoff.next()
            _forget_name(event, context)
            return [
                LogInfo(msg=f"{self._name} crashed ({_how(event.returncode)}): it starts again in {pause:g} s"),
                TimerAction(period=pause, actions=[OpaqueFunction(function=lambda _: [self.start()])]),
            ]
        if not self.needed:
            return [LogInfo(msg=f"{self._name} has ended ({_how(event.returncode)}): the others go on without it")]
        if event.returncode:
            # What is raised here makes the exit status of `ros2 launch` 1.
            raise RuntimeError(f"{event.process_name} ended with {_how(event.returncode)}, see its message above")
        return [Shutdown(reason=f"{event.process_name} has ended")]


def _forget_name(event: ProcessExited, context: LaunchContext) -> None:
    """Stop launch_ros from warning of two nodes with one name: the first one is gone."""
    with contextlib.suppress(AttributeError):
        context.locals.unique_ros_node_names[event.action.node_name] -= 1


def _how(returncode: int) -> str:
    return f"signal {-returncode}" if returncode < 0 else f"status {returncode}"
