"""ROS4HRI both ways: expressions of faces that another detector finds, and ours for others, with real hri_msgs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import Image

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi
from fer_ros.plugins.detectors.hri import HriDetector, HriFaces, _Region
from fer_ros.plugins.sinks.hri import HriSettings, HriSink

Wait = Callable[..., None]
STAMP = 1_700_000_000_123_456_789


def test_without_ros_it_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="the detector hri needs ROS"):
        HriDetector().detect(np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize(
    ("sides", "box"),
    [
        ((0.1, 0.2, 0.3, 0.6), Roi(20, 20, 40, 40)),
        ((-5.0, -1.0, 2.0, 9.0), Roi(0, 0, 200, 100)),
        ((0.5, 0.5, 0.5, 0.9), None),
        ((0.6, 0.1, 0.4, 0.9), None),
        ((float("nan"), 0.0, 1.0, 1.0), None),
        ((0.0, 0.0, float("inf"), 1.0), None),
        ((1.5, 0.0, 2.0, 1.0), None),
    ],
)
def test_regions_lie_inside_the_image_or_are_none(sides: tuple[float, float, float, float], box: Roi | None) -> None:
    assert _Region(*sides, 7.0).within(200, 100) == box
    assert _Region(*sides, 7.0).score == 1.0 and _Region(*sides, float("nan")).score == 0.0


class Other:
    """Another detector of ROS4HRI."""

    def __init__(self, node: Any, msg: Any) -> None:
        self.msg, self.node, self.regions = msg, node, dict[str, Any]()
        self.tracked = node.create_publisher(msg.IdsList, "/humans/faces/tracked", 10)

    def face(self, name: str) -> Any:
        if name not in self.regions:
            kind = self.msg.NormalizedRegionOfInterest2D
            self.regions[name] = self.node.create_publisher(kind, f"/humans/faces/{name}/roi", 10)
        return self.regions[name]

    def list(self, *names: str) -> None:
        self.tracked.publish(self.msg.IdsList(ids=list(names)))

    def see(self, name: str, stamp: int, *sides: float) -> None:
        region = self.msg.NormalizedRegionOfInterest2D(
            c=0.8, **dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True))
        )
        region.header.stamp.sec, region.header.stamp.nanosec = divmod(stamp, 10**9)
        self.face(name).publish(region)


@pytest.fixture
def other(ros: Any) -> Other:
    """See :class:`Other`."""
    return Other(ros.node("other"), pytest.importorskip("hri_msgs.msg", reason="hri_msgs is not installed"))


@pytest.mark.ros
def test_faces_are_those_of_the_frame_and_keep_their_ids(ros: Any, wait: Wait, other: Other) -> None:
    detector = HriDetector(HriFaces(wait=20.0))
    detector.node = ros.node("ours")
    detector.open()
    wait(other.tracked.get_subscription_count)
    assert detector.follow(np.zeros((100, 200), np.uint8), STAMP) == []
    other.list("abc", "../evil", "9x", "")
    wait(other.face("abc").get_subscription_count)
    assert list(detector._faces) == ["abc"]
    found: list[Any] = []
    other.see("abc", STAMP - 33_000_000, 0.0, 0.0, 0.1, 0.1)
    wait(lambda: detector._faces["abc"].newest)
    # The frame comes before its region.
    thread = threading.Thread(target=lambda: found.extend(detector.follow(np.zeros((100, 200), np.uint8), STAMP)))
    thread.start()
    other.see("abc", STAMP, 0.1, 0.2, 0.3, 0.6)
    thread.join(20)
    assert [(f.roi, f.name, f.track_id) for f in found] == [(Roi(20, 20, 40, 40), "abc", 1)]
    assert found[0].score == pytest.approx(0.8)
    # The face has been silent for too long to be waited for.
    assert detector.follow(np.zeros((100, 200), np.uint8), STAMP + 10**9) == [], "too old"
    other.list("abc", "big")
    wait(other.face("big").get_subscription_count)
    other.see("big", STAMP, 0.0, 0.0, 1.0, 1.0)
    wait(lambda: len(detector.detect(np.zeros((100, 200), np.uint8))) == 2)
    assert [f.name for f in detector.detect(np.zeros((100, 200), np.uint8))] == ["big", "abc"]
    other.list("big")
    wait(lambda: list(detector._faces) == ["big"])
    detector.close()
    wait(lambda: not other.tracked.get_subscription_count())


@pytest.mark.ros
@pytest.mark.slow
def test_the_expression_goes_out_under_the_id_of_the_other_detector(
    ros: Any, wait: Wait, other: Other, bench_with: Any, face: np.ndarray
) -> None:
    bench = bench_with(detector="hri", sink="hri")
    said: list[Any] = []
    bench.probe.create_subscription(other.msg.Expression, "/humans/faces/abc/expression", said.append, 10)
    lists: list[Any] = []
    bench.probe.create_subscription(other.msg.IdsList, "/humans/faces/tracked", lambda m: lists.append(m.ids), 10)
    wait(other.tracked.get_subscription_count)
    other.list("abc")
    wait(other.face("abc").get_subscription_count)
    other.see("abc", bench.STAMP, 0.25, 0.1, 0.75, 0.9)
    wait(lambda: bench.show(face).emotions)
    wait(lambda: said or not bench.show(face))
    label = bench.arrays[-1].emotions[0].label
    assert said[-1].expression == {"surprise": "surprised", "fear": "scared"}.get(label, label)
    assert (said[-1].header.stamp.sec, said[-1].header.stamp.nanosec) == divmod(bench.STAMP, 10**9)
    assert lists == [["abc"]], "the list is the other detector's"


@pytest.mark.ros
def test_aligned_faces_have_their_eyes_on_one_line(ros: Any, wait: Wait, other: Other) -> None:
    node = ros.node("ours")
    sink = HriSink(HriSettings(size=64))
    sink.node = node
    sink.open()
    image = np.zeros((100, 200, 3), np.uint8)
    eyes = ((50.0, 60.0), (70.0, 40.0))  # the head leans
    for x, y in eyes:
        image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255
    labels = ("happy", "sad")
    emotion = Emotion(Face(Roi(40, 30, 40, 40), 0.9, 1, eyes), "happy", 0.6, labels, np.array([0.6, 0.4], np.float32))
    result = Result(Frame(image, STAMP, "eye"), [emotion], "m")
    sink.write(result)
    got: dict[str, Any] = {}
    for name in ("cropped", "aligned"):
        topic = f"/humans/faces/{sink._faces[1].id}/{name}"
        node.create_subscription(Image, topic, lambda message, name=name: got.update({name: message}), 10)
    wait(lambda: sink._faces[1].cropped.get_subscription_count() and sink._faces[1].aligned.get_subscription_count())
    sink.write(result)
    wait(lambda: len(got) == 2)
    sink.close()

    def rows(message: Any) -> list[float]:
        picture = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)[:, :, 0]
        halves = (picture[:, :32], picture[:, 32:])
        return [float(np.average(np.arange(64), weights=half.sum(axis=1))) for half in halves]

    assert (got["aligned"].width, got["aligned"].height, got["cropped"].width) == (64, 64, 64)
    left, right = rows(got["cropped"])
    assert left - right > 20
    left, right = rows(got["aligned"])
    assert abs(left - right) < 1.5
