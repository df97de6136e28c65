"""Topics, parameters, sinks: what a person types while camera and inference run."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from scripts.rig.tools import NODES, Failed, Skip, echoed, expect, informed, launched, listening, rate, typed, until

SAMPLE = "source:=sample"


def images() -> str:
    """A subscriber with the default QoS gets pictures; `camera_info` has their stamps."""
    from sensor_msgs.msg import CameraInfo, Image

    with launched(SAMPLE), listening() as ear:
        pictures, infos = ear.hear(Image, "/fer/image_raw"), ear.hear(CameraInfo, "/fer/camera_info")
        until(lambda: len(pictures) > 30 and len(infos) > 30, "pictures and camera_info")
        stamps = {(m.header.stamp.sec, m.header.stamp.nanosec) for _, m in pictures}
        shared = sum((m.header.stamp.sec, m.header.stamp.nanosec) in stamps for _, m in infos)
        expect(shared > 15, f"only {shared} of {len(infos)} camera_info have the stamp of an image")
        info = informed("/fer/image_raw")
        expect("Reliability: RELIABLE" in info, "image_raw is not reliable")
        text = echoed("/fer/image_raw", "--no-arr")
        expect("camera_optical_frame" in text, f"topic echo shows {text[:200]}")
    return f"{len(pictures)} pictures to a default subscriber, {shared} camera_info with their stamps"


def hz() -> str:
    """A slow, reliable subscriber of images holds up neither camera nor inference."""
    import rclpy
    from sensor_msgs.msg import Image

    from fer_msgs.msg import Emotion

    with launched(SAMPLE), listening() as ear:
        heard = ear.hear(Emotion, "/fer/emotion")
        until(lambda: len(heard) > 30, "emotions")
        before = rate(heard, 10.0)
        context = rclpy.Context()
        rclpy.init(context=context)
        slow: Any = rclpy.create_node("slow", context=context)
        from rclpy.executors import SingleThreadedExecutor

        executor, got = SingleThreadedExecutor(context=context), list[int]()
        executor.add_node(slow)

        def take(message: Any) -> None:
            got.append(1)
            time.sleep(0.5)

        slow.create_subscription(Image, "/fer/image_raw", take, 10)
        until(lambda: (executor.spin_once(timeout_sec=0.1), got)[1], "pictures for the slow one")
        count, began, seen = len(heard), time.monotonic(), len(got)
        while time.monotonic() - began < 10.0:
            executor.spin_once(timeout_sec=0.1)
        beside = (len(heard) - count) / (time.monotonic() - began)
        slow.destroy_node()
        context.try_shutdown()
        text = typed("timeout", "-s", "INT", "8", "ros2", "topic", "hz", "/fer/emotion", status=None)
    expect(beside > 28.5, f"{before:.1f} Hz alone, {beside:.1f} Hz beside a slow subscriber")
    said = [line.split(": ")[1] for line in text.splitlines() if line.startswith("average rate")]
    return (
        f"{before:.1f} Hz alone, {beside:.1f} beside one that takes {len(got) - seen} in 10 s; `topic hz`: {said[-1:]}"
    )


def params() -> str:
    """`dump`, edit, start and `load`, `list`, `describe`, `set` of every node."""
    with launched(SAMPLE, "dashboard:=true") as launch:
        launch.says("dashboard:")
        dumped = {node: typed("ros2", "param", "dump", f"/fer/{node}") for node in NODES}
        for node, text in dumped.items():
            content = yaml.safe_load(text)[f"/fer/{node}"]["ros__parameters"]
            expect(len(content) > 3 and "autostart" in content, f"the dump of {node} holds {content}")
        listed = typed("ros2", "param", "list", "/fer/inference")
        expect("hysteresis" in listed and "qos_overrides./fer/emotion.publisher.depth" in listed, listed[:300])
        told = typed("ros2", "param", "describe", "/fer/inference", "hysteresis")
        expect("Max value: 1.0" in told, told)
        typed("ros2", "param", "set", "/fer/inference", "hysteresis", "0.2")
        refused = typed("ros2", "param", "set", "/fer/inference", "hysteresis", "7.0", status=None)
        expect("0.2" in typed("ros2", "param", "get", "/fer/inference", "hysteresis"), "it was not set")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "inference.yaml"
            file.write_text(dumped["inference"].replace("hysteresis: 0.1", "hysteresis: 0.3"))
            typed("ros2", "param", "load", "/fer/inference", str(file), status=None)
            expect("0.3" in typed("ros2", "param", "get", "/fer/inference", "hysteresis"), "load has set nothing")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.yaml"
        changed = "".join(dumped.values()).replace("hysteresis: 0.1", "hysteresis: 0.35")
        file.write_text(changed)
        with launched(SAMPLE, f"params_file:={file}", "record:=true", "train:=true"):
            found = typed("ros2", "param", "get", "/fer/inference", "hysteresis")
            expect("0.35" in found, f"a dump as params_file gives {found}")
    expect("range" in refused.lower() or "7.0" in refused, f"out of range: {refused}")
    return f"{len(dumped)} nodes dumped, changed, started anew with it; load, list, describe, set, a refusal"


def qos() -> str:
    """One file of QoS overrides fits every namespace."""
    text = "/**:\n  ros__parameters:\n    qos_overrides.emotion.publisher.reliability: best_effort\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "qos.yaml"
        file.write_text(text)
        with launched(SAMPLE, f"params_file:={file}", "namespace:=robots/seven"):
            info = informed("/robots/seven/emotion")
    expect("Reliability: BEST_EFFORT" in info, info)
    return "qos_overrides.emotion.publisher.reliability in the namespace /robots/seven"


def sinks() -> str:
    """ROS4HRI, vision_msgs and a string."""
    missing = [name for name in ("hri_msgs", "vision_msgs") if importlib.util.find_spec(name) is None]
    chosen = ",".join(("string", *(n for n, p in (("hri", "hri_msgs"), ("vision_msgs",) * 2) if p not in missing)))
    with launched(SAMPLE, f"sink:={chosen}", "detector:=auto"):
        label = echoed("/fer/label")
        expect("data:" in label, label)
        if "vision_msgs" not in missing:
            expect("class_id" in echoed("/fer/detections"), "no detections")
        if "hri_msgs" not in missing:
            ids = yaml.safe_load(echoed("/humans/faces/tracked"))["ids"]
            said = echoed(f"/humans/faces/{ids[0]}/expression")
            expect("expression:" in said and "valence:" in said, said)
            cropped = echoed(f"/humans/faces/{ids[0]}/cropped", "--no-arr")
            expect("width: 128" in cropped, cropped)
    return f"{chosen}; label {label.split()[1]}" + (f"; not installed: {', '.join(missing)}" if missing else "")


def hri_input() -> str:
    """Expressions of faces that another ROS4HRI detector finds: here our own, in another namespace."""
    if importlib.util.find_spec("hri_msgs") is None:
        raise Skip("hri_msgs is not installed")
    from hri_msgs.msg import Expression, IdsList

    from fer_msgs.msg import Emotion

    with launched(SAMPLE, "sink:=hri"), listening() as ear:
        lists = ear.hear(IdsList, "/humans/faces/tracked")
        until(lambda: lists and lists[-1][1].ids, "the other detector's faces")
        name = lists[-1][1].ids[0]
        words = ("namespace:=second", "image_topic:=/fer/image_raw", "detector:=hri")
        with launched_beside(*words):
            heard = ear.hear(Emotion, "/second/emotion")
            said = ear.hear(Expression, f"/humans/faces/{name}/expression")
            until(lambda: len(heard) > 20 and said, "emotions of those faces")
            ages = sorted(1e3 * (_s(m.times.published) - _s(m.header.stamp)) for _, m in heard[-20:])
    return f"face '{name}' read by a second inference, {ages[10]:.0f} ms after the image (median)"


def rotated() -> str:
    """A camera that hangs upside down, set right while it runs."""
    from sensor_msgs.msg import CameraInfo

    from fer_msgs.msg import EmotionArray

    with launched(SAMPLE), listening() as ear:
        infos, heard = ear.hear(CameraInfo, "/fer/camera_info"), ear.hear(EmotionArray, "/fer/emotions")
        until(lambda: infos and heard and heard[-1][1].emotions, "a face")
        before = (infos[-1][1].width, infos[-1][1].height)
        typed("ros2", "param", "set", "/fer/camera", "rotate", "90")
        until(lambda: (infos[-1][1].height, infos[-1][1].width) == before, "turned camera_info")
        count = len(heard)
        until(lambda: len(heard) > count + 30, "pictures of a lying face")
        lying = sum(bool(m.emotions) for _, m in heard[-10:])
        typed("ros2", "param", "set", "/fer/camera", "rotate", "0")
        typed("ros2", "param", "set", "/fer/camera", "flip", "horizontal")
        until(lambda: heard[-1][1].emotions, "the mirrored face")
    return f"{before[0]}x{before[1]} turned and mirrored by `param set` ({lying} of 10 lying faces found)"


def diagnostics() -> str:
    """Names, values and the warnings of an expectation that is not met."""
    from diagnostic_msgs.msg import DiagnosticArray

    with launched(SAMPLE), listening() as ear:
        heard = ear.hear(DiagnosticArray, "/diagnostics")

        def last(name: str) -> Any:
            found = [s for _, m in heard for s in m.status if s.name == name]
            return found[-1] if found else None

        until(lambda: last("fer/camera: camera") and last("fer/inference: inference"), "reports")
        typed("ros2", "param", "set", "/fer/inference", "expected_rate", "200.0")
        until(lambda: "200 are expected" in last("fer/inference: inference").message, "a warning")
        typed("ros2", "param", "set", "/fer/inference", "expected_rate", "0.0")
    via = "diagnostic_updater" if importlib.util.find_spec("diagnostic_updater") else "our own publisher"
    return f"through {via}; expected_rate warns"


def shadow() -> str:
    """Another model reads the same frames beside the one in use, while the parameter names it."""
    from fer_msgs.msg import Shadow

    with launched(SAMPLE), listening() as ear:
        heard = ear.hear(Shadow, "/fer/shadow")
        wrong = typed("ros2", "param", "set", "/fer/inference", "shadow", "smal", status=None)
        expect("did you mean 'small'" in wrong, wrong)
        typed("ros2", "param", "set", "/fer/inference", "shadow", "small")
        said = echoed("/fer/shadow", "--no-arr")
        expect("model: default" in said and "shadow: small" in said, said)
        until(lambda: heard[-1][1].faces >= 60, "60 faces that both have read")
        typed("ros2", "param", "set", "/fer/inference", "shadow", "''")
        state, found = typed("ros2", "lifecycle", "get", "/fer/inference"), heard[-1][1]
    expect("active" in state and not found.error, f"{state} {found.error}")
    return f"small beside default: {found.agreed} of {found.faces} faces read alike; 'smal' refused"


def cv_bridge() -> str:
    """A depth picture is read where cv_bridge is installed."""
    if importlib.util.find_spec("cv_bridge") is None:
        raise Skip("cv_bridge is not installed")
    text = typed(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test/nodes/messages/test_images.py", timeout=300
    )
    return text.strip().splitlines()[-1]


def launched_beside(*arguments: str) -> Any:
    """A second launch in the same domain, whose end leaves the nodes of the first."""
    import contextlib

    from scripts.rig.tools import Running

    @contextlib.contextmanager
    def beside() -> Any:
        launch = Running("ros2", "launch", "fer_ros", "live.launch.py", *arguments)
        try:
            launch.says("model ")
            yield launch
        finally:
            with contextlib.suppress(Failed):
                launch.end()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(launch.process.pid, 9)

    return beside()


def _s(stamp: Any) -> float:
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


#: Name → check.
CHECKS: dict[str, Callable[[], str]] = {
    "images": images,
    "hz": hz,
    "params": params,
    "qos": qos,
    "sinks": sinks,
    "hri_input": hri_input,
    "rotated": rotated,
    "diagnostics": diagnostics,
    "shadow": shadow,
    "cv_bridge": cv_bridge,
}
