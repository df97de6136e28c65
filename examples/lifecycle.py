#!/usr/bin/env python3
"""Brings our nodes up and down by their lifecycle services, as a lifecycle manager such as nav2's does.

Start `ros2 launch fer_ros live.launch.py autostart:=false`, then `lifecycle.py up`, later `lifecycle.py down`.
"""

import signal
import sys
import time
from typing import Any

import rclpy
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.signals import SignalHandlerOptions

#: In the order in which they come up: inference is ready before the first frame.
NODES = ("/fer/inference", "/fer/camera")
#: The state to reach, and the transition that leads on from each state before it.
UP = (
    State.PRIMARY_STATE_ACTIVE,
    {
        State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_CONFIGURE,
        State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_ACTIVATE,
    },
)
DOWN = (
    State.PRIMARY_STATE_UNCONFIGURED,
    {
        State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_DEACTIVATE,
        State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_CLEANUP,
    },
)
#: Seconds that one answer may take, and that a node has for the whole way. It answers once its model is loaded.
ANSWER, PATIENCE = 5.0, 60.0


class Managed:
    """A node of somebody else, as its services show it."""

    def __init__(self, manager: Any, name: str) -> None:
        self._manager, self._name, self._end = manager, name, time.monotonic() + PATIENCE
        self._get_state = manager.create_client(GetState, f"{name}/get_state")
        self._change_state = manager.create_client(ChangeState, f"{name}/change_state")

    def bring(self, goal: int, ways: dict[int, int]) -> None:
        """Go on from the state that it is in. What is done already, by whomever, is no refusal."""
        while (state := self._state()).id != goal:
            if state.id not in ways:
                if not state.label.endswith("ing"):
                    sys.exit(f"{self._name} is {state.label}: start it anew")
                time.sleep(0.1)  # somebody else's transition is under way
                continue
            transition = Transition(id=ways[state.id])
            answer = self._ask(self._change_state, ChangeState.Request(transition=transition))
            # Without an answer, the state says later what has become of it.
            if answer and not answer.success and self._state().id == state.id:
                sys.exit(f"{self._name} refused transition {transition.id}: its log says why")

    def _state(self) -> Any:
        while not (answer := self._ask(self._get_state, GetState.Request())):
            if time.monotonic() > self._end:
                sys.exit(f"{self._name} does not answer: is it running?")
        return answer.current_state

    def _ask(self, client: Any, request: Any) -> Any:
        """The answer, or None: a request or an answer can get lost while two nodes are discovering each other."""
        if not client.wait_for_service(ANSWER):
            return None
        future = client.call_async(request)
        rclpy.spin_until_future_complete(self._manager, future, timeout_sec=ANSWER)
        if not future.done():
            client.remove_pending_request(future)
            return None
        return future.result()


down = sys.argv[1:] == ["down"]
signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once, whatever it waits for
rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
manager = rclpy.create_node("manager")
for name in reversed(NODES) if down else NODES:
    Managed(manager, name).bring(*(DOWN if down else UP))
    print(name, "is down" if down else "is up", flush=True)
