"""`ros2 launch` of recording and of replay, really run where the `ros2` command is installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fer_ros.core import bags
from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.settings import fields
from fer_ros.core.recording import RecordingSettings
from fer_ros.nodes.recorder import RecorderSettings

Run = Callable[..., Any]


def test_the_parameter_file_holds_the_defaults() -> None:
    content = yaml.safe_load((share_dir() / "config" / "params.yaml").read_text())
    known = {**fields(RecorderSettings), **fields(RecordingSettings)}
    assert content["/**/recorder"]["ros__parameters"] == {name: default for name, (_, default, _) in known.items()}


def test_every_parameter_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
    table = text.split("| `recorder` | default")[1].split("\n\n")[0]
    rows = {name: live == "live" for name, live in re.findall(r"^\| `(\w+)` \|[^|]*\| ?(\w*) ?\|", table, re.MULTILINE)}
    known = {**fields(RecorderSettings), **fields(RecordingSettings)}
    assert rows == {name: constraint.live for name, (_, _, constraint) in known.items()}


#: Records five frames by service calls, and says where.
CLIENT = """
import rclpy
from fer_msgs.msg import RecordStatus
from fer_msgs.srv import StartRecording
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

rclpy.init()
node, statuses = rclpy.create_node("client"), []
node.create_subscription(RecordStatus, "/robot7/record/status", statuses.append, QoSProfile(depth=9))

def call(kind, name, **fields):
    client = node.create_client(kind, f"/robot7/record/{name}")
    assert client.wait_for_service(40.0), name
    future = client.call_async(kind.Request(**fields))
    rclpy.spin_until_future_complete(node, future, timeout_sec=40.0)
    return future.result()

started = call(StartRecording, "start", label="tired", samples=5)
while started.success and not any(s.take_samples == 5 for s in statuses):
    rclpy.spin_once(node, timeout_sec=0.5)
print(started.bag, started.message, call(Trigger, "stop").message, sep="\\n")
"""

LISTENER = """
import sys, time, rclpy
from fer_msgs.msg import Emotion
rclpy.init()
node, got = rclpy.create_node("listener"), []
node.create_subscription(Emotion, "/robot7/emotion", got.append, 10)
until = time.monotonic() + 40
while not got and time.monotonic() < until:
    rclpy.spin_once(node, timeout_sec=0.1)
print(*[m.header.stamp.sec for m in got[:1]])
"""


@pytest.mark.skipif(
    shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
    reason="`ros2 launch` is not on PyPI: it needs a ROS 2 of the system, see docs/install.md",
)
@pytest.mark.ros
@pytest.mark.slow
def test_recorded_then_replayed(start: Run, run: Run, fer_home: Path) -> None:
    names = ("namespace:=robot7", "log_level:=info")
    recording = start("ros2", "launch", "fer_ros", "record.launch.py", "source:=sample", "labels:=tired", *names)
    client = run(sys.executable, "-c", CLIENT, timeout=90)
    recording.signal(signal.SIGINT)
    text = client.out + client.err + recording.wait(30).out
    assert "tired 5; " in client.out, text
    bag = Path(client.out.splitlines()[0])
    assert bags.info(bag).labels == {"tired": 5}, text
    replay = start(
        "ros2", "launch", "fer_ros", "replay.launch.py", f"bag:={bag.name}", "loop:=true", "keep_stamps:=true", *names
    )
    heard = run(sys.executable, "-c", LISTENER, timeout=120)
    replay.signal(signal.SIGINT)
    done = replay.wait(30)
    assert heard.out.strip() in {str(s.stamp // 10**9) for s in bags.stored(bag)}, done.out + done.err
    assert "Traceback" not in done.out + done.err
