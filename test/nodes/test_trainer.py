"""The trainer over real ROS: the answer, the swap, cancelling, and what it refuses; inference goes on meanwhile."""

from __future__ import annotations

import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

from fer_msgs.action import Train as TrainAction
from fer_msgs.msg import ModelInfo, TrainProgress
from fer_msgs.srv import Train
from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.nodes.trainer import TrainerNode
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytestmark = [pytest.mark.ros, pytest.mark.slow]

LABELS = ("happy", "surprise", "neutral")
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
Wait = Callable[..., None]


def pictures(label: str, count: int, first: int = 0) -> list[tuple[np.ndarray, Any]]:
    """Frames of the drawn face with the box of the face."""
    source, detector = FaceSource(FaceSettings(expression=label, fps=0.0, width=320, height=240)), HaarDetector()
    source.open()
    found = []
    for index in range(first, first + 3 * count):
        image = source.picture(index, source.settings)
        faces = detector.detect(image)
        if faces:
            found.append((image, faces[0].roi))
    return found[:count]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag with 40 frames of each label."""
    folder = tmp_path_factory.mktemp("bags") / "three"
    stamp = 1_700_000_000_000_000_000
    with bags.BagWriter(folder, {}) as writer:
        for label in LABELS:
            writer.begin_take(label)
            for image, roi in pictures(label, 40):
                writer.write(stamp, cv2.imencode(".jpg", image)[1].tobytes(), roi)
                stamp += 33_333_333
    return folder


@pytest.fixture
def bag(recorded: Path, fer_home: Path) -> str:
    """Its name in the user's folder."""
    shutil.copytree(recorded, fer_home / "bags" / "three")
    return "three"


class Trained:
    """An active trainer and what it tells."""

    def __init__(self, ros: Any, **parameters: Any) -> None:
        overrides = [Parameter(name.replace("__", "."), value=value) for name, value in parameters.items()]
        self.ros, self.probe = ros, ros.node("trainer_probe")
        self.node: TrainerNode = ros.add(TrainerNode(namespace="/fer", parameter_overrides=overrides))
        self.node.autostart()
        self.progress: list[Any] = []
        self.models: list[str] = []
        self.created: list[int] = []
        self.probe.create_subscription(
            TrainProgress, "/fer/train/progress", self.progress.append, QoSProfile(depth=100)
        )
        self.feedback: list[Any] = []
        self.probe.create_subscription(ModelInfo, "/fer/model", self._on_model, LATCHED)

    def _on_model(self, message: Any) -> None:
        self.models.append(message.name)
        self.created.append(message.created.sec)

    def train(self, **fields: Any) -> Any:
        """Call ``train`` and wait for the answer."""
        return self.ros.call(self.probe, Train, "/fer/train", **fields)

    def goal(self, wait: Wait, **fields: Any) -> Any:
        """Send a goal of the action ``train``; gives its handle."""
        client = ActionClient(self.probe, TrainAction, "/fer/train")
        assert client.wait_for_server(20.0)
        sent = client.send_goal_async(
            TrainAction.Goal(**fields), lambda message: self.feedback.append(message.feedback.progress)
        )
        wait(sent.done)
        return sent.result()

    def cancel(self) -> Any:
        """Call ``train/cancel``."""
        return self.ros.call(self.probe, Trigger, "/fer/train/cancel")


@pytest.fixture
def trainer(ros: Any, fer_home: Path) -> Trained:
    """See :class:`Trained`."""
    return Trained(ros)


def test_the_answer_comes_when_the_new_model_is_in_use(bench_with: Any, trainer: Trained, bag: str, wait: Wait) -> None:
    bench = bench_with()
    answer = trainer.train(bags=[bag], head="dense", epochs=60, learning_rate=1e-3, hidden_units=32, name="anna")
    assert answer.success, answer.message
    assert answer.model == "anna" and "model: anna" in bench.node.describe()
    wait(lambda: trainer.models[-1:] == ["anna"])
    assert paths.selected() == "anna" and trainer.created[-1] > 1_700_000_000
    bundle = Bundle.load("anna")
    assert answer.metrics.accuracy == pytest.approx(bundle.quality["accuracy"])
    assert list(answer.metrics.labels) == ["happy", "surprise", "neutral"] == list(bundle.labels)
    assert answer.metrics.count == answer.test_count == sum(answer.metrics.confusion) == sum(answer.metrics.support)
    assert answer.baseline.count == answer.test_count and len(answer.baseline.labels) == 7
    assert answer.split.startswith("blocks: ")
    assert len(answer.loss) == len(answer.val_accuracy) == 60 and answer.loss[-1] < answer.loss[0]
    assert answer.phases == ["loading", "embedding", "training", "evaluating", "saving", "swapping"]
    assert 0 < sum(answer.phase_seconds) < answer.seconds
    wait(lambda: trainer.progress[-1].phase == "done")
    phases = list(dict.fromkeys(message.phase for message in trainer.progress))
    assert [p for p in phases if p != "idle"] == [*answer.phases, "done"]
    assert [m.epoch for m in trainer.progress if m.phase == "training" and m.epoch] == list(range(1, 61))
    shares = [m.progress for m in trainer.progress if m.phase != "idle"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    right = []
    for label in LABELS:
        for image, _ in pictures(label, 6, first=900):
            found = bench.show(image)
            right.append(bool(found.emotions) and found.emotions[0].label == label)
            assert found.model == "anna"
    assert np.mean(right) >= 0.8


def test_late_listeners_get_the_last_progress(trainer: Trained, ros: Any, wait: Wait) -> None:
    assert not trainer.train(bags=["nowhere"]).success
    late: list[Any] = []
    ros.node("late").create_subscription(TrainProgress, "/fer/train/progress", late.append, LATCHED)
    wait(lambda: late)
    assert late[0].phase == "idle" and math.isnan(late[0].loss)


def test_cancelling_leaves_the_model_in_use_and_other_callbacks_go_on(
    bench_with: Any, trainer: Trained, bag: str, face: np.ndarray, wait: Wait, fer_home: Path
) -> None:
    bench = bench_with()
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.append(
            trainer.train(bags=[bag], head="dense", epochs=10_000, hidden_units=2000, name="never")
        )
    )
    thread.start()
    wait(lambda: any(message.phase == "training" and message.epoch for message in trainer.progress))
    assert bench.show(face).model == "default"
    second = trainer.train(bags=[bag])
    assert not second.success and "a training runs already" in second.message and second.model == ""
    assert trainer.cancel().success
    thread.join(20)
    assert not answers[0].success and "cancelled" in answers[0].message and answers[0].model == ""
    wait(lambda: trainer.progress[-1].phase == "cancelled")
    assert bench.show(face).model == "default"
    assert [f.name for f in (fer_home / "models").iterdir()] == []
    late = trainer.cancel()
    assert not late.success and "no training runs" in late.message


def test_the_action_feeds_back_what_the_topic_tells_and_ends_as_the_service(ros: Any, bag: str, wait: Wait) -> None:
    trainer = Trained(ros, swap=False)
    goal = trainer.goal(wait, bags=[bag], head="dense", epochs=5, hidden_units=8, name="anna")
    assert goal.accepted
    ended = goal.get_result_async()
    wait(ended.done)
    result = ended.result().result
    assert ended.result().status == GoalStatus.STATUS_SUCCEEDED and result.success and result.model == "anna"
    assert result.metrics.count == result.test_count > 0 and len(result.loss) == 5
    assert [step.epoch for step in trainer.feedback if step.phase == "training" and step.epoch] == [1, 2, 3, 4, 5]
    wait(lambda: trainer.progress[-1].phase == "done")
    told = [str(step) for step in trainer.progress if step.phase not in ("idle", "done")]
    assert [str(step) for step in trainer.feedback] == told


def test_a_goal_is_cancelled_and_a_second_one_rejected(trainer: Trained, bag: str, wait: Wait, fer_home: Path) -> None:
    goal = trainer.goal(wait, bags=[bag], head="dense", epochs=10_000, hidden_units=2000, name="never")
    wait(lambda: any(step.phase == "training" and step.epoch for step in trainer.feedback))
    assert not trainer.goal(wait, bags=[bag]).accepted
    assert "a training runs already" in trainer.train(bags=[bag]).message
    asked, ended = goal.cancel_goal_async(), goal.get_result_async()
    wait(ended.done)
    assert len(asked.result().goals_canceling) == 1 and ended.result().status == GoalStatus.STATUS_CANCELED
    assert "cancelled" in ended.result().result.message and [*(fer_home / "models").iterdir()] == []
    assert "no training runs" in trainer.cancel().message


def test_a_goal_that_cannot_be_is_aborted_with_the_reason(trainer: Trained, wait: Wait) -> None:
    ended = trainer.goal(wait, bags=["nowhere"]).get_result_async()
    wait(ended.done)
    assert ended.result().status == GoalStatus.STATUS_ABORTED
    assert "unknown bag 'nowhere'" in ended.result().result.message and not ended.result().result.success


def test_without_inference_the_model_is_saved_and_the_answer_says_what_to_do(trainer: Trained, bag: str) -> None:
    answer = trainer.train(bags=[bag], head="prototype", name="anna")
    assert not answer.success and answer.model == "anna"
    assert "no inference answers on /fer/load_model" in answer.message and "model:=anna" in answer.message
    assert Bundle.load("anna").head.plugin == "prototype" and paths.selected() == "default"


def test_without_swapping_no_inference_is_needed(ros: Any, bag: str, fer_home: Path) -> None:
    trainer = Trained(ros, swap=False, head="prototype", seed=7)
    answer = trainer.train()
    assert answer.success and "swapping" not in answer.phases and answer.model.startswith("personal-")
    assert paths.selected() == answer.model and Bundle.load(answer.model).recipe["seed"] == 7


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "there is no bag to train on"),
        ({"bags": ["three"]}, "unknown bag 'three'"),
        ({"bags": [""]}, "a bag's name is empty"),
        ({"bags": ["/etc"]}, "lies outside the allowed folders"),
        ({"bags": ["../../etc"]}, "lies outside the allowed folders"),
        ({"head": "transformer"}, "unknown head 'transformer'"),
        ({"split": "halves"}, "choose one of auto, cross, sessions, takes, blocks, random"),
        ({"head": "dense", "learning_rate": math.nan}, "learning_rate must be a finite number"),
        ({"head": "dense", "learning_rate": -1.0}, "learning_rate = -1.0 is out of range"),
        ({"head": "dense", "batch_fraction": 1.5}, "batch_fraction = 1.5 is out of range"),
        ({"head": "dense", "epochs": 4_000_000_000}, "epochs = 4000000000 is out of range"),
        ({"head": "dense", "hidden_units": 100_000}, "hidden_units = 100000 is out of range"),
        ({"name": "../default"}, "is not allowed"),
        ({"name": "default"}, "exists already"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(trainer: Trained, fields: dict[str, Any], message: str) -> None:
    answer = trainer.train(**fields)
    assert not answer.success and message in answer.message and "\n" not in answer.message
    assert answer.model == "" and answer.metrics.count == 0 and answer.seconds >= 0


def test_an_inactive_trainer_refuses(ros: Any, fer_home: Path) -> None:
    trainer = Trained(ros, autostart=False)
    answer = trainer.train()
    assert not answer.success and answer.message == "the trainer is unconfigured: activate it first"


def test_deactivating_ends_the_training(trainer: Trained, bag: str, wait: Wait) -> None:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(trainer.train(bags=[bag], head="dense", epochs=10_000)))
    thread.start()
    wait(lambda: any(message.phase == "training" for message in trainer.progress))
    trainer.node.trigger_deactivate()
    thread.join(20)
    assert not answers[0].success and "cancelled" in answers[0].message


def test_every_option_is_a_parameter_with_its_range(trainer: Trained) -> None:
    descriptor = trainer.node.describe_parameter("copies")
    assert descriptor.integer_range[0].to_value == 50 and not descriptor.read_only
    result = trainer.node.set_parameters(
        [Parameter("heads.auto.keep_general", value=False), Parameter("copies", value=-2)]
    )
    assert [r.successful for r in result] == [True, False]


def test_a_head_is_trained_with_its_own_parameters(ros: Any, bag: str, fer_home: Path) -> None:
    """Those of its head, live ones, and those that a request gives; also under the names that they had before."""
    trainer = Trained(
        ros, swap=False, head="dense", epochs=3, learning_rate=0.0, hidden_units=0, heads__linear__patience=7
    )
    assert trainer.node.set_parameters([Parameter("heads.dense.hidden_units", value=16)])[0].successful
    first = Bundle.load(trainer.train(bags=[bag], name="first", head="dense").model).recipe
    assert (first["epochs"], first["learning_rate"], first["hidden_units"]) == (3, 1e-4, 16)
    second = Bundle.load(trainer.train(bags=[bag], name="second", head="linear", learning_rate=0.05).model).recipe
    assert (second["epochs"], second["learning_rate"], second["patience"]) == (3, 0.05, 7)
    assert "hidden_units" not in second and not {"epochs", "hidden_units"} & set(trainer.node._parameters)
    refused = trainer.train(bags=[bag], head="linear", hidden_units=5)
    assert not refused.success and "hidden_units" in refused.message and "learning_rate" in refused.message


def test_a_process_waits_for_the_next_training(ros: Any, fer_home: Path, bag: str, wait: Wait) -> None:
    trainer = Trained(ros, swap=False)
    for name in ("first", "second"):
        assert trainer.train(bags=[bag], head="ridge", name=name).success
        wait(lambda: trainer.node._spare._process is not None)
    assert trainer.node.trigger_deactivate() and trainer.node._spare._process is None
