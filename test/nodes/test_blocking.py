"""What a stranger asks for is refused before it takes long: all other callbacks wait for it, also a recording's."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import Trigger

from fer_msgs.msg import Emotion, EmotionArray, Metrics, ModelInfo, RecordStatus, TrainProgress
from fer_msgs.srv import DiscardTake, LoadModel, StartRecording, Train
from fer_ros.core.recognition.as_json import MAX_NAMES
from fer_ros.nodes.dashboard import messages
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.nodes.trainer import MAX_BAGS, TrainerNode

pytestmark = [pytest.mark.ros, pytest.mark.slow]

LONG = "x" * 1_000_000
#: Seconds of processor time that a refusal may take, sending and reading it included; the faults took 4 to 19.
QUICK = 3.0


@pytest.fixture
def probe(ros: Any, fer_home: Path) -> Any:
    """A node that calls; recorder, trainer and inference are active."""
    for kind in (RecorderNode, TrainerNode, InferenceNode):
        ros.add(kind(namespace="/fer")).autostart()
    return ros.node()


def text(name: str, value: str) -> dict[str, Any]:
    wanted = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)
    return {"parameters": [Parameter(name=name, value=wanted)]}


def test_no_request_keeps_the_others_waiting(ros: Any, probe: Any, fer_home: Path) -> None:
    (fer_home / "bags" / "none").mkdir(parents=True)
    numbers = ", ".join(str(number) for number in range(5_000))
    for kind, service, fields, complaint in (
        (SetParameters, "recorder/set_parameters", text("labels", numbers), "characters"),
        (SetParameters, "recorder/set_parameters", text("labels", numbers[:600]), "more than 100 labels"),
        (SetParameters, "recorder/set_parameters", text("consent", LONG), "characters"),
        (Train, "train", {"bags": ["none"] * 30_000}, "30000 bags are too many"),
        (Train, "train", {"bags": [f"bag-{number}" for number in range(30_000)]}, f"name {MAX_BAGS} at most"),
        (Train, "train", {"bags": [LONG]}, "not allowed"),
        (Train, "train", {"bags": ["/".join(["x" * 250] * 3) + "y" * 10]}, "not allowed"),
        (Train, "train", {"head": LONG}, ""),
        (Train, "train", {"name": LONG}, ""),
        (StartRecording, "record/start", {"label": LONG}, "unknown label"),
        (StartRecording, "record/start", {"label": "happy", "subject": LONG}, ""),
        (StartRecording, "record/start", {"label": "happy", "bag": LONG}, "not allowed"),
        (DiscardTake, "record/discard", {"bag": LONG, "take": 1}, ""),
        (LoadModel, "load_model", {"name": LONG}, "not allowed"),
    ):
        began = time.process_time()
        answer = ros.call(probe, kind, f"/fer/{service}", **fields)
        said = answer.results[0].reason if kind is SetParameters else answer.message
        assert not (answer.results[0].successful if kind is SetParameters else answer.success), service
        assert complaint in said and "\n" not in said and len(said) < 1_000, (service, said[:300])
        assert ros.call(probe, Trigger, "/fer/record/pause").message
        assert time.process_time() - began < QUICK, (service, said[:100])


def test_what_any_node_publishes_is_cut_before_it_goes_to_the_pages() -> None:
    face = Emotion(label=LONG, labels=["a"] * 5_000, probabilities=[0.1] * 5_000, emoticons=[LONG] * 50)
    began = time.process_time()
    told = [
        messages.emotions(EmotionArray(model=LONG, emotions=[face] * 500)),
        messages.model(ModelInfo(name=LONG, labels=[LONG] * 300, metrics=Metrics(count=1, labels=["a"] * 300_000))),
        messages.progress(TrainProgress(message=LONG, model=LONG, loss=math.nan)),
        vars_of(messages.record_state(RecordStatus(bag=LONG, label=LONG, message=LONG))),
    ]
    assert time.process_time() - began < QUICK
    assert all(len(str(message)) < 1_500_000 for message in told)
    assert len(told[0]["faces"]) == messages.MAX_FACES and len(told[0]["faces"][0]["labels"]) == MAX_NAMES


def vars_of(state: Any) -> dict[str, Any]:
    """A dataclass with slots as a mapping."""
    return {name: getattr(state, name) for name in type(state).__slots__}
