"""Correcting over real ROS: what is seen, the samples, the new model, and what is said where something is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rclpy.parameter import Parameter

from fer_msgs.msg import EmotionArray
from fer_msgs.srv import CorrectEmotion, DiscardTake, StartRecording
from fer_ros.core import bags
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.nodes.trainer import TrainerNode

pytestmark = pytest.mark.ros

Wait = Callable[..., None]


class Robot:
    """Nodes that follow a drawn face, and somebody who corrects them."""

    def __init__(self, ros: Any, wait: Wait) -> None:
        self.ros, self.wait = ros, wait
        self.probe = ros.node()
        self.seen: list[Any] = []
        self.probe.create_subscription(EmotionArray, "/fer/emotions", self.seen.append, 10)

    def add(self, kind: Any, **parameters: Any) -> Any:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = self.ros.add(kind(namespace="/fer", parameter_overrides=overrides))
        node.autostart()
        return node

    def correct(self, label: str, **fields: Any) -> Any:
        return self.ros.call(self.probe, CorrectEmotion, "/fer/record/correct", label=label, **fields)

    def watch(self) -> int:
        """Wait for two seconds of faces; the number of the one that is shown."""
        until = len(self.seen) + 20
        self.wait(lambda: len(self.seen) > until and self.seen[-1].emotions)
        return int(self.seen[-1].emotions[0].face_id)


def test_a_reading_is_corrected_learned_and_undone(ros: Any, wait: Wait, fer_home: Path) -> None:
    robot = Robot(ros, wait)
    recorder = robot.add(RecorderNode, min_free_mb=0)
    answer = robot.correct("sad")
    assert not answer.success and "no inference answers on /fer/recent_frames" in answer.message
    robot.add(InferenceNode, detector="whole_frame")
    wait(recorder._correcting._frames.service_is_ready)
    assert "has read no frame in the last second" in robot.correct("sad").message
    robot.add(CameraNode, source="face")
    face = robot.watch()
    answer = robot.correct("sad", face_id=face, subject="Kim")
    assert not answer.success and "no trainer answers on /fer/train" in answer.message
    assert (answer.bag, answer.take) == ("corrections", 1) and 3 <= answer.samples <= 10
    assert (
        "unheard" in robot.correct("unheard").message
        and "face 99999 was not seen" in robot.correct("sad", face_id=99999).message
    )
    started = robot.ros.call(robot.probe, StartRecording, "/fer/record/start", label="happy", samples=5)
    assert started.success
    wait(lambda: recorder._recorder.status().take_samples == 5)
    trainer = robot.add(TrainerNode)
    # A bag is open, so somebody is going to train.
    wait(lambda: trainer._spare._process is not None)
    waiting = trainer._spare._process
    wait((fer_home / "embeddings.db").exists)  # and the take is embedded before anybody asks
    robot.watch()
    answer = robot.correct("surprise")
    assert answer.success, answer.message
    # It ends by itself once it has trained, or with its input.
    assert waiting._process.wait(60.0) >= 0, "the process that waited was ended, and another one has trained"
    assert answer.bag == Path(started.bag).name and answer.take == 2 and answer.model
    wait(lambda: robot.seen[-1].model == answer.model)
    undone = robot.ros.call(robot.probe, DiscardTake, "/fer/record/discard", bag=answer.bag, take=answer.take)
    assert undone.success and undone.samples == answer.samples
    kept = robot.correct("surprise", keep_only=True)
    assert kept.success and not kept.model and kept.samples
    takes = bags.info(fer_home / "bags" / "corrections").takes
    assert [(take.label, take.subject) for take in takes] == [("sad", "Kim")]


def test_nothing_is_kept_where_that_is_not_wanted(ros: Any, wait: Wait, fer_home: Path) -> None:
    robot = Robot(ros, wait)
    recorder = robot.add(RecorderNode, min_free_mb=0)
    robot.add(InferenceNode, detector="whole_frame", keep_recent=False)
    robot.add(CameraNode, source="face")
    robot.watch()
    wait(recorder._correcting._frames.service_is_ready)
    assert "keep_recent" in robot.correct("sad").message
