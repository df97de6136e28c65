"""What `ros2 launch` does when one of the nodes crashes, and what becomes of the nodes when it is ended itself."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
LAUNCH = ("ros2", "launch", "fer_ros", "live.launch.py")
needs_launch = pytest.mark.skipif(
    shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
    reason="`ros2 launch` is not on PyPI: it needs a ROS 2 of the system, see docs/install.md",
)


def until(ready: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What ``ready`` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (result := ready()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return result


def processes(node: str) -> list[int]:
    """The processes of one of our nodes that are children of a launch of this test."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            command = file.with_name("cmdline").read_text(errors="replace").split("\0")
            ours = f"ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}" in file.read_text(errors="replace").split("\0")
        except OSError:
            continue
        if ours and len(command) > 1 and command[1].endswith(f"/lib/fer_ros/{node}"):
            found.append(int(file.parent.name))
    return found


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_a_node_that_is_killed_comes_back_and_the_others_go_on(start: Run) -> None:
    launch = start(*LAUNCH, "source:=sample", "record:=True", "train:=yes", "use_sim_time:=OFF")
    nodes = ("camera", "inference", "recorder", "trainer")
    until(lambda: "model default" in launch.out + launch.err)
    until(lambda: all(processes(node) for node in nodes))
    first = {node: processes(node)[0] for node in nodes}
    os.kill(first["recorder"], signal.SIGKILL)
    until(lambda: "recorder crashed (signal 9): it starts again in 0.1 s" in launch.out + launch.err)
    second = until(lambda: processes("recorder"))[0]
    assert second != first["recorder"]
    assert [processes(node) for node in nodes if node != "recorder"] == [
        [first[node]] for node in nodes if node != "recorder"
    ]
    assert "at least 2 nodes with the name" not in launch.out + launch.err
    launch.signal(signal.SIGINT)
    launch.wait(30)


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_node_outlives_its_launch(start: Run, number: signal.Signals) -> None:
    """As systemd and Docker end it."""
    launch = start(*LAUNCH, "source:=sample")
    until(lambda: "model default" in launch.out + launch.err and processes("camera"))
    os.kill(launch.popen.pid, number)
    until(lambda: not processes("camera") and not processes("inference"))


CLIENT = """
import sys, rclpy
from fer_msgs.msg import ModelInfo
from fer_msgs.srv import LoadModel
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile

rclpy.init()
node, models = rclpy.create_node("client"), []
latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
node.create_subscription(ModelInfo, "/fer/model", models.append, latched)

def call(kind, service, **fields):
    client = node.create_client(kind, service)
    assert client.wait_for_service(40.0), service
    future = client.call_async(kind.Request(**fields))
    rclpy.spin_until_future_complete(node, future, timeout_sec=40.0)
    return future.result()

if sys.argv[1] == "change":
    wanted = [Parameter("hysteresis", value=0.25).to_parameter_msg()]
    call(SetParameters, "/fer/inference/set_parameters", parameters=wanted)
    call(LoadModel, "/fer/load_model", name="small")
else:
    while not models:
        rclpy.spin_once(node, timeout_sec=0.5)
    value = call(GetParameters, "/fer/inference/get_parameters", names=["hysteresis"]).values[0].double_value
    print(value, models[-1].name, call(GetState, "/fer/inference/get_state").current_state.label)
"""


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_a_node_that_comes_back_is_what_it_was(start: Run, run: Run, fer_home: Path) -> None:
    launch = start(*LAUNCH, "source:=sample")
    until(lambda: "model default" in launch.out + launch.err)
    changed = run(sys.executable, "-c", CLIENT, "change")
    assert changed.code == 0, changed.err
    os.kill(processes("inference")[0], signal.SIGKILL)
    until(lambda: (launch.out + launch.err).count("model small") == 2)
    assert run(sys.executable, "-c", CLIENT, "look").out.split() == ["0.25", "small", "active"]
    launch.signal(signal.SIGINT)
    launch.wait(30)
    assert not (fer_home / "run").exists() or not any((fer_home / "run").rglob("*.json"))
