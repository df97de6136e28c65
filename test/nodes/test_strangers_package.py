"""A package of somebody else with a plugin of five kinds, made by `fer plugins new`, installed, and used in everything.

The command `fer live` runs as a user starts it; this test is a ROS client beside it.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fer_msgs.msg import EmotionArray, RecordStatus
from fer_msgs.srv import StartRecording, Train
from fer_ros.core import bags
from fer_ros.core.bundles.bundle import Bundle

pytestmark = [pytest.mark.ros, pytest.mark.slow]

KINDS = ("source", "detector", "head", "filter", "sink")
PARAMETERS = """
/**/camera:
  ros__parameters:
    source: robin
    sources.robin.fps: 20.0
/**/inference:
  ros__parameters:
    detector: robin
    filter: robin
    filters.robin.half_life: 0.05
    sink: robin
    sinks.robin.topic: robins
/**/recorder:
  ros__parameters:
    detector: robin
    use_inference: false
/**/trainer:
  ros__parameters:
    head: robin
    detector: robin
    heads.robin.sharpness: 8.0
    refit: false
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, as pip puts it there."""
    for needed in ("pip", "setuptools"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed here, so nothing can be installed")
    folder = tmp_path_factory.mktemp("robin")
    target = folder / "site"
    package = folder / "robin"
    for command in (
        ["-m", "fer_ros.cli.main", "plugins", "new", *KINDS, "robin", "--folder", str(folder)],
        [
            "-m",
            "pip",
            "install",
            "-q",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            "-t",
            str(target),
            str(package),
        ],
    ):
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    return target


class Client:
    """What a user has beside the running command: services, parameters and topics."""

    def __init__(self, ros: Any) -> None:
        self.probe = ros.node("client")
        self.labels: list[str] = []
        self.results: list[Any] = []
        self.status: list[Any] = []
        self.probe.create_subscription(String, "/fer/robins", lambda m: self.labels.append(m.data), 10)
        self.probe.create_subscription(EmotionArray, "/fer/emotions", self.results.append, 10)
        self.probe.create_subscription(RecordStatus, "/fer/record/status", self.status.append, 10)

    def call(self, kind: Any, service: str, /, **fields: Any) -> Any:
        """Call a service and wait for its answer, for minutes where the machine is busy."""
        client = self.probe.create_client(kind, service)
        _until(client.service_is_ready, service)
        future = client.call_async(kind.Request(**fields))
        _until(future.done, f"an answer of {service}", 240.0)
        self.probe.destroy_client(client)
        return future.result()

    def set(self, node: str, name: str, value: Any) -> None:
        parameter = Parameter(name, value=value).to_parameter_msg()
        answer = self.call(SetParameters, f"/fer/{node}/set_parameters", parameters=[parameter])
        assert answer.results[0].successful, answer.results[0].reason

    def get(self, node: str, name: str) -> Any:
        answer = self.call(GetParameters, f"/fer/{node}/get_parameters", names=[name])
        return parameter_value_to_python(answer.values[0])

    def silent(self) -> bool:
        """Whether ten results come without a label."""
        labels = len(self.labels)
        self.wait_for(10)
        return len(self.labels) == labels

    def wait_for(self, results: int) -> None:
        """Wait for so many results from now on."""
        wanted = len(self.results) + results
        _until(lambda: len(self.results) >= wanted, "results go on")

    def counts(self) -> dict[str, int]:
        """Samples of each label, as the recorder told last."""
        return dict(zip(self.status[-1].labels, self.status[-1].counts, strict=True)) if self.status else {}

    def record(self, label: str, samples: int) -> None:
        answer = self.call(
            StartRecording, "/fer/record/start", label=label, samples=samples, bag="birds", subject="anna"
        )
        assert answer.success, answer.message


def test_it_is_used_live_in_recording_and_in_training(
    installed: Path, ros: Any, start: Callable[..., Any], fer_home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(PARAMETERS)
    path = os.pathsep.join(filter(None, (str(installed), os.environ.get("PYTHONPATH"))))
    live = start(
        sys.executable, "-m", "fer_ros.cli.main", "live", "--json", "--params-file", file, "--dashboard",
        "--set", "dashboard.port=0", PYTHONPATH=path,
    )  # fmt: skip
    client = Client(ros)

    # Live: frames of the source, faces of the detector, labels by the sink on its own topic, all as the file says.
    _until(lambda: client.labels and client.results and client.results[-1].emotions, "a label")
    assert "a striped square" in live.err and client.get("camera", "sources.robin.fps") == 20.0
    assert client.get("inference", "filters.robin.half_life") == 0.05

    # Live settings, while it runs: the sink falls silent, then the detector sees nothing.
    client.set("inference", "sinks.robin.least", 1.0)
    client.set("inference", "filters.robin.half_life", 0.2)
    _until(client.silent, "the sink is silent")
    client.set("inference", "sinks.robin.least", 0.0)
    before = len(client.labels)
    _until(lambda: len(client.labels) > before, "labels again")
    client.set("inference", "detectors.robin.threshold", 255)
    _until(lambda: not client.results[-1].emotions, "no face")
    client.set("inference", "detectors.robin.threshold", 90)
    _until(lambda: client.results[-1].emotions, "a face again")

    # Recording, by the recorder's own detector; what the source shows is changed between the takes.
    for label, stripes in (("happy", 1), ("sad", 6)):
        client.set("camera", "sources.robin.stripes", stripes)
        client.wait_for(5)
        client.record(label, 40)
        _until(lambda label=label: client.counts().get(label) == 40, f"40 samples of {label}")  # type: ignore[misc]
    client.set("recorder", "detectors.robin.threshold", 255)
    client.record("happy", 10)
    _until(lambda: client.status[-1].without_face > 5, "frames without a face")
    assert client.call(Trigger, "/fer/record/stop").success
    assert bags.info(fer_home / "bags" / "birds").samples == 80

    # Training, with the head's own settings; a setting that it does not have is refused.
    client.set("trainer", "heads.robin.sharpness", 20.0)
    refused = client.call(Train, "/fer/train", epochs=3)
    assert not refused.success and "sharpness" in refused.message
    trained = client.call(Train, "/fer/train", name="birds", split="random")
    assert trained.success, trained.message
    bundle = Bundle.load("birds")
    assert bundle.head.plugin == "robin" and bundle.recipe["sharpness"] == 20.0 and "epochs" not in bundle.recipe
    assert trained.metrics.accuracy > 0.9

    # And what was learned is in use at once: six stripes are sad.
    _until(lambda: client.results[-1].model == "birds" and client.labels[-1] == "sad", "the new model says sad")
    live.signal(signal.SIGINT)
    done = live.wait(30)
    assert done.code == 0 and "Traceback" not in done.err, done.err


def _until(true: Callable[[], Any], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)
