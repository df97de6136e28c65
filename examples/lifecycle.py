#!/usr/bin/env python3
"""Brings our nodes up and down by their lifecycle services, as a lifecycle manager such as nav2's does.

Start `ros2 launch fer_ros live.launch.py autostart:=false`, then `lifecycle.py up`, later `lifecycle.py down`.
"""

import sys

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

#: In the order in which they come up: inference is ready before the first frame.
NODES = ("/fer/inference", "/fer/camera")
UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)

down = sys.argv[1:] == ["down"]
rclpy.init()
node = rclpy.create_node("manager")
for name in reversed(NODES) if down else NODES:
    client = node.create_client(ChangeState, f"{name}/change_state")
    if not client.wait_for_service(timeout_sec=10.0):
        sys.exit(f"{name} does not answer: is it running?")
    for transition in DOWN if down else UP:
        future = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
        rclpy.spin_until_future_complete(node, future, timeout_sec=30.0)
        if not future.done() or not future.result().success:
            sys.exit(f"{name} refused transition {transition}: its log says why")
    print(name, "is down" if down else "is up")
