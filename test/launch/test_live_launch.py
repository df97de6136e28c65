"""`ros2 launch fer_ros live.launch.py`, really run where the `ros2` command is installed."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.settings import fields
from fer_ros.core.recognition.smoothing import SmoothingSettings
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.nodes.camera import CameraSettings
from fer_ros.nodes.dashboard.node import ViewSettings
from fer_ros.nodes.inference import InferenceSettings
from fer_ros.nodes.parts.sinks import SinkSettings

Run = Callable[..., Any]
LAUNCH = ("ros2", "launch", "fer_ros", "live.launch.py")
needs_launch = pytest.mark.skipif(
    shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
    reason="`ros2 launch` is not on PyPI: it needs a ROS 2 of the system, see docs/install.md",
)


def test_the_parameter_file_holds_the_defaults() -> None:
    content = yaml.safe_load((share_dir() / "config" / "params.yaml").read_text())
    for node, *settings_types in (
        ("camera", CameraSettings),
        ("inference", InferenceSettings, SmoothingSettings, SinkSettings),
        ("dashboard", ViewSettings, DashboardSettings),
    ):
        given = content[f"/**/{node}"]["ros__parameters"]
        assert given == {name: default for kind in settings_types for name, (_, default, _) in fields(kind).items()}


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_every_argument_is_described(run: Run) -> None:
    done = run(*LAUNCH, "--show-args", timeout=120)
    assert done.code == 0, done.err
    names = ("source", "image_topic", "image_transport", "namespace", "model", "params_file", "annotate", "autostart",
             "compose", "dashboard", "dashboard_host")  # fmt: skip
    assert [name for name in names if f"'{name}':" not in done.out] == []


LISTENER = """
import sys, time, rclpy
from fer_msgs.msg import Emotion
rclpy.init()
node, got = rclpy.create_node("listener"), []
node.create_subscription(Emotion, sys.argv[1], got.append, 10)
until = time.monotonic() + 40
while not got and time.monotonic() < until:
    rclpy.spin_once(node, timeout_sec=0.1)
print(*[(m.label, m.header.frame_id) for m in got[:1]])
"""


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_it_sees_in_its_namespace_and_ends_on_ctrl_c(start: Run, run: Run) -> None:
    launch = start(*LAUNCH, "source:=sample", "namespace:=robot7", "annotate:=false")
    heard = run(sys.executable, "-c", LISTENER, "/robot7/emotion", timeout=120)
    assert "camera_optical_frame" in heard.out, launch.out + launch.err
    launch.signal(signal.SIGINT)
    done = launch.wait(30)
    text = done.out + done.err
    assert text.count("process has finished cleanly") == 2 and "Traceback" not in text, text


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_composed_it_is_one_process_with_the_same_names(start: Run, run: Run) -> None:
    launch = start(*LAUNCH, "compose:=true", "source:=sample", "record:=true", "train:=true", "annotate:=false")
    heard = run(sys.executable, "-c", LISTENER, "/fer/emotion", timeout=120)
    assert "camera_optical_frame" in heard.out, launch.out + launch.err
    nodes = run("ros2", "node", "list", "--no-daemon", "--spin-time", "10", timeout=120).out.split()
    assert {"/fer/camera", "/fer/inference", "/fer/recorder", "/fer/trainer"} <= set(nodes)
    launch.signal(signal.SIGINT)
    done = launch.wait(30)
    text = done.out + done.err
    assert text.count("process has finished cleanly") == 1 and "Traceback" not in text, text


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["source:=smaple"], "did you mean 'sample'"),
        (["source:=sample", "model:=none"], "unknown model 'none'"),
        (["params_file:=/nowhere.yaml"], "/nowhere.yaml"),
        (["image_transport:=theora"], "theora"),
        (["annotate:=maybe"], "annotate:=maybe is neither true nor false"),
    ],
)
def test_what_is_wrong_ends_it_with_a_status(run: Run, words: list[str], expected: str) -> None:
    done = run(*LAUNCH, *words, timeout=120)
    assert done.code == 1 and expected in done.out + done.err and "Traceback" not in done.out + done.err


@needs_launch
@pytest.mark.ros
@pytest.mark.slow
def test_another_camera_means_that_ours_is_not_started(start: Run, tmp_path: Path) -> None:
    launch = start(*LAUNCH, "image_topic:=/somewhere/image", "log_level:=debug")
    while "model default" not in launch.out + launch.err:
        assert launch.popen.poll() is None, launch.out + launch.err
    launch.signal(signal.SIGINT)
    done = launch.wait(30)
    assert "inference-1" in done.out + done.err and "camera-" not in done.out + done.err
