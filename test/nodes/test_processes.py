"""The executables as a user starts them: another process listens, Ctrl-C ends them, wrong arguments are one line."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]

Run = Callable[..., Any]
ENTRY = "import sys; from fer_ros.nodes import entry; sys.exit(getattr(entry, sys.argv.pop(1))())"
#: Knows nothing of fer_ros: rclpy and the messages are all that it imports.
LISTENER = """
import json, sys, time
import rclpy
from fer_msgs.msg import Emotion, EmotionArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

rclpy.init()
node = rclpy.create_node("listener")
images, arrays, emotions = [], [], []
stamp = lambda t: t.sec * 10**9 + t.nanosec
node.create_subscription(Image, "/fer/image_raw", lambda m: images.append(m.header), qos_profile_sensor_data)
node.create_subscription(EmotionArray, "/fer/emotions", arrays.append, 10)
node.create_subscription(Emotion, "/fer/emotion", emotions.append, 10)
until = time.monotonic() + 40
shared = set()
while time.monotonic() < until and not (len(shared) >= 5 and len(emotions) >= 5):
    rclpy.spin_once(node, timeout_sec=0.1)
    shared = {stamp(h.stamp) for h in images} & {stamp(m.header.stamp) for m in arrays}
print(json.dumps({
    "shared": len(shared),
    "frame_ids": sorted({h.frame_id for h in images} | {m.header.frame_id for m in (*arrays, *emotions)}),
    "stamps": [
        [stamp(t) for t in (m.header.stamp, m.times.received, m.times.detected, m.times.classified, m.times.published)]
        for m in (*arrays, *emotions)
    ],
    "labels": sorted({m.label for m in emotions}),
    "imported": sorted({"fer_ros", "tensorflow", "cv2"} & set(sys.modules)),
}))
"""


def arguments(**parameters: str) -> list[str]:
    words = ["--ros-args", "-r", "__ns:=/fer"]
    for name, value in parameters.items():
        words += ["-p", f"{name.replace('__', '.')}:={value}"]
    return words


def test_a_process_that_knows_only_the_messages_gets_emotions_with_the_stamps_of_the_images(
    start: Run, run: Run
) -> None:
    nodes = [
        start(sys.executable, "-c", ENTRY, "inference", *arguments()),
        start(sys.executable, "-c", ENTRY, "camera", *arguments(source="sample", frame_id="third_eye")),
    ]
    heard = json.loads(run(sys.executable, "-c", LISTENER, timeout=120).out)
    assert heard["shared"] >= 5, "emotions carry the stamps of images"
    assert heard["frame_ids"] == ["third_eye"] and heard["labels"] and heard["imported"] == []
    assert len(heard["stamps"]) >= 10
    assert all(stamps == sorted(stamps) and stamps[0] > 0 for stamps in heard["stamps"])
    for node, number in zip(nodes, (signal.SIGINT, signal.SIGTERM), strict=True):
        node.signal(number)
        # An impatient user presses twice.
        time.sleep(0.05)
        node.signal(number)
    for node in nodes:
        done = node.wait(20)
        assert (done.code, done.out) == (0, ""), done.err
        assert "Traceback" not in done.err and "rror" not in done.err, done.err


def test_several_nodes_share_one_process(start: Run, run: Run) -> None:
    words = [
        "--with",
        "recorder",
        "--set",
        "source=sample",
        "--set",
        "frame_id=third_eye",
        "--set",
        "recorder.labels=a,b",
    ]
    live = start(sys.executable, "-c", ENTRY, "live", *words, *arguments())
    heard = json.loads(run(sys.executable, "-c", LISTENER, timeout=120).out)
    assert heard["shared"] >= 5 and heard["frame_ids"] == ["third_eye"] and heard["labels"]
    live.signal(signal.SIGINT)
    done = live.wait(20)
    assert (done.code, done.out) == (0, "") and "Traceback" not in done.err, done.err


def test_several_cameras_share_one_process(start: Run, run: Run) -> None:
    words = ["--namespace", "left, right", "--with", "recorder", "--set", "source=sample"]
    live = start(sys.executable, "-c", ENTRY, "live", *words)
    for side in ("left", "right"):
        heard = json.loads(run(sys.executable, "-c", LISTENER.replace("/fer/", f"/{side}/"), timeout=120).out)
        assert heard["shared"] >= 5 and heard["labels"]
    live.signal(signal.SIGINT)
    done = live.wait(20)
    assert (done.code, done.out) == (0, "") and "Traceback" not in done.err, done.err


def test_ctrl_c_in_the_first_moment_is_quiet(start: Run) -> None:
    node = start(sys.executable, "-c", f"print('here', flush=True)\n{ENTRY}", "inference", *arguments())
    while "here" not in node.out:
        assert node.popen.poll() is None
    time.sleep(0.1)
    node.signal(signal.SIGINT)
    done = node.wait(20)
    assert "Traceback" not in done.err
    assert done.code in (0, -signal.SIGINT)


@pytest.mark.parametrize(
    ("node", "parameters", "words"),
    [
        ("camera", {"source": "smaple"}, ["smaple", "did you mean 'sample'", "choose one of auto, "]),
        ("camera", {"source": "sample", "jpeg_quality": "101"}, ["jpeg_quality = 101", "1 to 100"]),
        ("inference", {"model": "none"}, ["unknown model 'none'", "default"]),
        ("inference", {"image_topic": "no/blanks here"}, ["image_topic", "no/blanks here"]),
    ],
)
def test_wrong_arguments_end_the_process_with_one_line(
    run: Run, node: str, parameters: dict[str, str], words: list[str]
) -> None:
    done = run(sys.executable, "-c", ENTRY, node, *arguments(**parameters), timeout=120)
    lines = [line for line in done.err.splitlines() if "XNNPACK" not in line]
    assert done.code == 2 and len(lines) == 1, done
    assert all(word in lines[0] for word in words), lines[0]


def test_a_damaged_model_ends_the_process_with_one_line(run: Run, reversed_model: str, fer_home: Path) -> None:
    with (fer_home / "models" / reversed_model / "head.npz").open("ab") as file:
        file.write(b"x")
    done = run(sys.executable, "-c", ENTRY, "inference", *arguments(model=reversed_model), timeout=120)
    assert done.code == 2 and done.err.count("\n") == 1 and "SHA-256" in done.err, done


@pytest.mark.parametrize("content", [None, "a: [", "/**:\n  ros__parameters:\n    jpeg_quality: 0\n"])
def test_a_wrong_parameter_file_is_named(run: Run, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "p.yaml"
    if content is not None:
        file.write_text(content)
    done = run(sys.executable, "-c", ENTRY, "camera", "--ros-args", "--params-file", str(file), timeout=120)
    assert done.code == 2 and "Traceback" not in done.err
    assert "jpeg_quality = 0" in done.err.splitlines()[-1] or str(file) in done.err.splitlines()[-1]
