"""The camera node: managed, silent when nobody listens, and going on after the cable was out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.srv import SetCameraInfo

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.capture.intrinsics import Intrinsics
from fer_ros.core.vision.images import decode, decode_compressed
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.camera_info import resolve

pytestmark = pytest.mark.ros

Wait = Callable[..., None]
K = (50.0, 0.0, 32.0, 0.0, 50.0, 24.0, 0.0, 0.0, 1.0)
R = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
P = (50.0, 0.0, 32.0, 0.0, 0.0, 50.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def make(ros: Any, **parameters: Any) -> CameraNode:
    values = {"source": "cable", **parameters}
    overrides = [Parameter(name.replace("__", "."), value=value) for name, value in values.items()]
    node: CameraNode = ros.add(CameraNode(namespace="/fer", parameter_overrides=overrides))
    return node


def change(ros: Any, probe: Any, transition: int) -> bool:
    request = Transition(id=transition)
    return bool(ros.call(probe, ChangeState, "/fer/camera/change_state", transition=request).success)


def state(ros: Any, probe: Any) -> int:
    return int(ros.call(probe, GetState, "/fer/camera/get_state").current_state.id)


def test_frames_are_published_with_their_stamp_while_someone_listens(ros: Any, cable: Any, wait: Wait) -> None:
    camera = make(ros, frame_id="eye", jpeg_quality=95)
    frames: list[Any] = []
    camera.receivers.append(frames.append)
    camera.autostart()
    wait(lambda: len(frames) > 3)
    assert camera._raw.get_subscription_count() == 0

    probe = ros.node()
    raw: list[Any] = []
    compressed: list[Any] = []
    probe.create_subscription(Image, "/fer/image_raw", raw.append, qos_profile_sensor_data)
    probe.create_subscription(CompressedImage, "/fer/image_raw/compressed", compressed.append, qos_profile_sensor_data)
    wait(lambda: len(raw) > 3 and len(compressed) > 3)
    stamps = {frame.stamp for frame in frames}
    for message in (*raw[:3], *compressed[:3]):
        assert message.header.stamp.sec * 10**9 + message.header.stamp.nanosec in stamps
        assert message.header.frame_id == "eye"
    image = decode(raw[0].width, raw[0].height, raw[0].encoding, raw[0].step, raw[0].data)
    assert image.shape == (48, 64, 3) and (image == 100).all()
    assert abs(int(decode_compressed(compressed[0].data)[5, 5, 0]) - 100) < 3


def test_a_live_setting_of_the_source_changes_the_frames(ros: Any, cable: Any, wait: Wait) -> None:
    camera = make(ros)
    frames: list[Any] = []
    camera.receivers.append(frames.append)
    camera.autostart()
    assert camera._source is not None and camera._source.node is camera
    assert camera.set_parameters([Parameter("sources.cable.level", value=7)])[0].successful
    wait(lambda: frames and frames[-1].image[0, 0, 0] == 7)
    refused = camera.set_parameters(
        [Parameter("sources.cable.level", value=256), Parameter("sources.cable.rate", value=2.0)]
    )
    assert not refused[0].successful and not refused[1].successful


def test_each_transition_does_what_it_says(ros: Any, cable: Any, wait: Wait) -> None:
    probe, camera = ros.node(), make(ros, autostart=False)
    frames: list[Any] = []
    camera.receivers.append(frames.append)
    camera.autostart()
    assert state(ros, probe) == State.PRIMARY_STATE_UNCONFIGURED
    assert not change(ros, probe, Transition.TRANSITION_ACTIVATE), "not possible from here"
    assert change(ros, probe, Transition.TRANSITION_CONFIGURE)
    assert cable.opened == 0 and not frames, "configuring loads, it does not open"
    assert change(ros, probe, Transition.TRANSITION_ACTIVATE)
    wait(lambda: frames)
    assert not change(ros, probe, Transition.TRANSITION_ACTIVATE), "it is active already"
    assert change(ros, probe, Transition.TRANSITION_DEACTIVATE)
    assert cable.open_now == 0, "the camera is free for others"
    count = len(frames)
    assert state(ros, probe) == State.PRIMARY_STATE_INACTIVE
    assert change(ros, probe, Transition.TRANSITION_ACTIVATE)
    wait(lambda: len(frames) > count)
    assert cable.opened == 2
    assert change(ros, probe, Transition.TRANSITION_DEACTIVATE)
    assert change(ros, probe, Transition.TRANSITION_CLEANUP)
    assert state(ros, probe) == State.PRIMARY_STATE_UNCONFIGURED
    assert change(ros, probe, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
    assert state(ros, probe) == State.PRIMARY_STATE_FINALIZED


def test_a_setting_that_can_never_work_fails_the_transition_and_the_node_goes_on(
    ros: Any, cable: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    probe, _ = ros.node(), make(ros, autostart=False, sources__cable__never=True)
    assert change(ros, probe, Transition.TRANSITION_CONFIGURE)
    assert not change(ros, probe, Transition.TRANSITION_ACTIVATE)
    assert state(ros, probe) == State.PRIMARY_STATE_INACTIVE
    assert "cannot be activated: cable: this can never work" in capfd.readouterr().err


def test_by_itself_it_tells_why_it_cannot_start(ros: Any, cable: Any) -> None:
    camera = make(ros, sources__cable__never=True)
    with pytest.raises(ConfigError, match="can never work"):
        camera.autostart()
    assert camera.state == "inactive"


def test_the_cable_out_and_in_again(ros: Any, cable: Any, wait: Wait, capfd: pytest.CaptureFixture[str]) -> None:
    probe, camera = ros.node(), make(ros)
    frames: list[Any] = []
    reports: list[Any] = []
    camera.receivers.append(frames.append)
    probe.create_subscription(DiagnosticArray, "/diagnostics", lambda m: reports.append(m.status[0]), 10)
    camera.autostart()
    wait(lambda: frames)
    cable.plugged = False
    wait(lambda: reports and reports[-1].level == b"\x01" and "cable is unplugged" in reports[-1].message)
    count = len(frames)
    cable.plugged = True
    wait(lambda: len(frames) > count and reports[-1].level == b"\x00")
    assert reports[-1].hardware_id == "cable" and reports[-1].name == "fer/camera: camera"
    values = {value.key: value.value for value in reports[-1].values}
    assert values["outages"] == "1" and values["source state"] == "reading" and float(values["rate (Hz)"]) > 1
    err = capfd.readouterr().err
    assert err.count("cable is unplugged") == 1 and err.count("frames are back") == 1


@pytest.mark.parametrize("exit_at_end", [False, True])
def test_the_end_of_a_source_ends_the_process_only_where_wanted(
    ros: Any, cable: Any, wait: Wait, exit_at_end: bool
) -> None:
    camera = make(ros, exit_at_end=exit_at_end)
    ends: list[Any] = []
    camera.on_finished = ends.append
    camera.autostart()
    cable.ended = True
    wait(lambda: camera.ended)
    wait(lambda: len(ends) == exit_at_end)
    assert ends == [None] * exit_at_end


def test_a_subscriber_that_can_get_nothing_is_named_with_both_sides(
    ros: Any, cable: Any, wait: Wait, capfd: pytest.CaptureFixture[str]
) -> None:
    make(ros)
    probe = ros.node("rviz")
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    probe.create_subscription(Image, "/fer/image_raw", print, latched)
    seen: list[str] = []

    def told() -> bool:
        seen.append(capfd.readouterr().err)
        return "/rviz wants RELIABLE, TRANSIENT_LOCAL" in "".join(seen)

    wait(told)
    text = "".join(seen)
    assert "/fer/camera offers RELIABLE, VOLATILE" in text
    assert "qos_overrides.image_raw.publisher.reliability" in text


def test_the_qos_can_be_overridden_by_parameter(ros: Any, cable: Any, wait: Wait) -> None:
    camera = make(ros, **{"qos_overrides./fer/image_raw.publisher.reliability": "best_effort"})
    camera.autostart()
    probe = ros.node()
    wait(lambda: probe.get_publishers_info_by_topic("/fer/image_raw"))
    [info] = probe.get_publishers_info_by_topic("/fer/image_raw")
    assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT


def test_a_subscriber_with_the_default_qos_gets_pictures(ros: Any, cable: Any, wait: Wait) -> None:
    """As RViz, web bridges and most scripts subscribe."""
    make(ros).autostart()
    probe = ros.node()
    got: list[Any] = []
    probe.create_subscription(Image, "/fer/image_raw", got.append, 10)
    wait(lambda: got)


def test_the_calibration_comes_with_the_stamp_of_each_image_and_can_be_stored(
    ros: Any, cable: Any, wait: Wait, tmp_path: Path
) -> None:
    file = tmp_path / "narrow.yaml"
    probe, camera = ros.node(), make(ros, camera_info_url=f"file://{tmp_path}/${{NAME}}.yaml", camera_name="narrow")
    assert not file.exists()
    with pytest.raises(ConfigError, match="no such file"):
        camera.autostart()
    Intrinsics(64, 48, "narrow", "plumb_bob", (0.0,) * 5, K, R, P).write(file)
    camera.autostart()
    images: dict[tuple[int, int], Any] = {}
    infos: dict[tuple[int, int], CameraInfo] = {}

    def keep(found: dict[tuple[int, int], Any]) -> Callable[[Any], None]:
        return lambda message: found.update({(message.header.stamp.sec, message.header.stamp.nanosec): message})

    probe.create_subscription(Image, "/fer/image_raw", keep(images), 10)
    probe.create_subscription(CameraInfo, "/fer/camera_info", keep(infos), 10)
    wait(lambda: len(set(images) & set(infos)) > 3)
    info = infos[max(infos)]
    assert (info.width, info.height, info.k[0], info.header.frame_id) == (64, 48, 50.0, "camera_optical_frame")

    wanted = CameraInfo(width=64, height=48, distortion_model="plumb_bob", k=(60.0, *K[1:]), r=R, p=P)
    answer = ros.call(probe, SetCameraInfo, "/fer/set_camera_info", camera_info=wanted)
    assert answer.success and Intrinsics.read(file).k[0] == 60.0
    wait(lambda: infos[max(infos)].k[0] == 60.0)
    refused = ros.call(probe, SetCameraInfo, "/fer/set_camera_info", camera_info=CameraInfo(width=64, height=48))
    assert not refused.success and "distortion_model" in refused.status_message
    assert Intrinsics.read(file).k[0] == 60.0


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b%20c.yaml", "/a/b c.yaml"),
        ("/a/${NAME}.yaml", "/a/narrow.yaml"),
        ("", "/ros/camera_info/narrow.yaml"),
        ("https://x/y", "use file:///path"),
        ("package://no_such_package/x.yaml", "no package"),
    ],
)
def test_urls_of_calibrations(monkeypatch: pytest.MonkeyPatch, url: str, path: str) -> None:
    monkeypatch.setenv("ROS_HOME", "/ros")
    try:
        assert str(resolve(url, "narrow")) == path
    except ConfigError as error:
        assert path in str(error)
