"""The sinks that publish to ROS, with real messages where those are installed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.affect import AFFECT, affect
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi
from fer_ros.plugins.sinks.hri import HriSettings, HriSink
from fer_ros.plugins.sinks.string import StringSink
from fer_ros.plugins.sinks.vision import VisionSink

Wait = Callable[..., None]
STAMP = 1_700_000_000_123_456_789


def result(*faces: tuple[int, str], seconds: float = 0.0, labels: tuple[str, ...] = DEFAULT_LABELS) -> Result:
    """A frame of 200×100 with faces of (track id, label)."""
    emotions = []
    for number, label in faces:
        probabilities = np.full(len(labels), 0.4 / (len(labels) - 1), np.float32)
        probabilities[labels.index(label)] = 0.6
        emotions.append(Emotion(Face(Roi(20, 10, 40, 50), 0.75, number), label, 0.6, labels, probabilities))
    return Result(Frame(np.zeros((100, 200, 3), np.uint8), STAMP + int(seconds * 1e9), "eye"), emotions, "m")


def test_affect_is_that_of_the_table_and_unknown_where_a_label_is() -> None:
    for number, label in enumerate(DEFAULT_LABELS):
        assert affect(DEFAULT_LABELS, np.eye(7)[number]) == AFFECT[label]
    assert all(math.isnan(value) for value in affect(("happy", "bored"), (0.5, 0.5)))


@pytest.mark.ros
def test_string_is_the_label_of_the_largest_face(ros: Any, wait: Wait) -> None:
    from std_msgs.msg import String

    node = ros.node()
    got: list[Any] = []
    node.create_subscription(String, "label", got.append, 10)
    sink = StringSink()
    sink.node = node
    sink.open()
    wait(sink._publisher.get_subscription_count)
    sink.write(result())
    sink.write(result((3, "sad"), (1, "happy")))
    wait(lambda: got)
    sink.close()
    assert [message.data for message in got] == ["sad"]


@pytest.mark.ros
def test_detections_hold_box_id_and_every_label(ros: Any, wait: Wait) -> None:
    msg = pytest.importorskip("vision_msgs.msg", reason="vision_msgs is not installed")
    node = ros.node()
    got: list[Any] = []
    node.create_subscription(msg.Detection2DArray, "detections", got.append, 10)
    sink = VisionSink()
    sink.node = node
    sink.open()
    wait(sink._publisher.get_subscription_count)
    sink.write(result((3, "sad")))
    wait(lambda: got)
    sink.close()
    [face] = got[0].detections
    assert (face.id, face.bbox.size_x, face.bbox.center.position.x, face.bbox.center.position.y) == ("3", 40, 40, 35)
    scores = {r.hypothesis.class_id: r.hypothesis.score for r in face.results}
    assert set(scores) == set(DEFAULT_LABELS) and scores["sad"] == pytest.approx(0.6)
    assert (got[0].header.stamp.sec, got[0].header.stamp.nanosec) == divmod(STAMP, 10**9)


@pytest.mark.ros
def test_hri_publishes_each_face_and_forgets_those_that_are_gone(ros: Any, wait: Wait) -> None:
    msg = pytest.importorskip("hri_msgs.msg", reason="hri_msgs is not installed")
    node = ros.node()
    tracked: list[Any] = []
    faces: list[Any] = []
    node.create_subscription(msg.IdsList, "/humans/faces/tracked", tracked.append, 10)
    sink = HriSink(HriSettings())
    sink.node = node
    sink.open()
    wait(sink._tracked.get_subscription_count)
    sink.write(result((3, "fear"), (1, "happy")))
    wait(lambda: tracked)
    first, second = tracked[-1].ids
    assert first != second and all(len(name) == 5 and name.isalpha() for name in (first, second))
    node.create_subscription(msg.Expression, f"/humans/faces/{first}/expression", faces.append, 10)
    regions: list[Any] = []
    node.create_subscription(msg.NormalizedRegionOfInterest2D, f"/humans/faces/{first}/roi", regions.append, 10)
    wait(lambda: all(t.get_subscription_count() for t in (sink._faces[3].expression, sink._faces[3].roi)))
    sink.write(result((3, "fear"), seconds=0.1))
    wait(lambda: faces and regions)
    assert faces[0].expression == msg.Expression.SCARED and faces[0].confidence == pytest.approx(0.6)
    assert faces[0].valence < 0 < faces[0].arousal
    region = regions[0]
    assert (region.xmin, region.ymin, region.xmax, region.ymax) == pytest.approx((0.1, 0.1, 0.3, 0.6))
    sink.write(result((3, "fear"), seconds=1.2))
    assert list(sink._faces) == [3], "the face that is gone for longer than a second has no topics any more"
    sink.close()
    wait(lambda: f"/humans/faces/{second}/roi" not in dict(node.get_topic_names_and_types()))
