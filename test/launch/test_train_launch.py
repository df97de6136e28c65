"""`ros2 launch` of the trainer, and the whole of it, really run where the `ros2` command is installed."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.settings import fields
from fer_ros.core.training.options import Options
from fer_ros.nodes.trainer import TrainerSettings

Run = Callable[..., Any]
needs_launch = pytest.mark.skipif(
    shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
    reason="`ros2 launch` is not on PyPI: it needs a ROS 2 of the system, see docs/install.md",
)
CALLER = """
import sys, time, rclpy
from fer_msgs.srv import Train
rclpy.init()
node = rclpy.create_node("caller")
client = node.create_client(Train, "/robot7/train")
assert client.wait_for_service(40.0)
future = client.call_async(Train.Request(bags=sys.argv[1:2]))
rclpy.spin_until_future_complete(node, future, timeout_sec=40.0)
print(future.result().success, future.result().message)
names, deadline = [], time.monotonic() + 40.0
while not set(sys.argv[2:]) <= set(names) and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
    names = sorted(name for name, _ in node.get_node_names_and_namespaces() if not name.startswith("_"))
print(names)
"""


def test_the_parameter_file_holds_the_defaults() -> None:
    content = yaml.safe_load((share_dir() / "config" / "params.yaml").read_text())
    known = {**fields(TrainerSettings), **fields(Options)}
    assert content["/**/trainer"]["ros__parameters"] == {name: default for name, (_, default, _) in known.items()}


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        (["train.launch.py", "head:=prototype"], ["trainer"]),
        (
            ["live.launch.py", "source:=face", "record:=true", "train:=true"],
            ["camera", "inference", "recorder", "trainer"],
        ),
    ],
)
def test_it_answers_in_its_namespace_and_ends_on_ctrl_c(
    start: Run, run: Run, words: list[str], nodes: list[str]
) -> None:
    launch = start("ros2", "launch", "fer_ros", *words, "namespace:=robot7")
    answer = run(sys.executable, "-c", CALLER, "nowhere", *nodes, timeout=90)
    assert "False unknown bag 'nowhere'" in answer.out, answer.out + answer.err + launch.out + launch.err
    assert [name for name in nodes if f"'{name}'" not in answer.out] == []
    launch.signal(signal.SIGINT)
    done = launch.wait(30)
    text = done.out + done.err
    assert text.count("process has finished cleanly") == len(nodes) and "Traceback" not in text, text
