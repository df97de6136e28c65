"""A shadow run over ROS: it tells what it reads otherwise, and inference goes on as if it were not there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rclpy.parameter import Parameter

from fer_msgs.msg import Shadow
from fer_msgs.srv import LoadModel

pytestmark = pytest.mark.ros

Wait = Callable[..., None]
BenchWith = Callable[..., Any]


def listen(bench: Any, wait: Wait) -> list[Any]:
    """What comes on the topic."""
    told: list[Any] = []
    bench.probe.create_subscription(Shadow, "/fer/shadow", told.append, 10)
    wait(bench.node._shadow._topic.get_subscription_count)
    return told


@pytest.fixture
def rotated(reversed_model: str, fer_home: Path) -> str:
    """The name of a model: the shipped one, each label in the place of the next one."""
    mark = fer_home / "models" / reversed_model / "model.yaml"
    content = yaml.safe_load(mark.read_text())
    labels = content["labels"][::-1]
    mark.write_text(yaml.safe_dump({**content, "labels": [labels[-1], *labels[:-1]]}))
    return reversed_model


def running() -> bool:
    return any(thread.name == "shadow" for thread in threading.enumerate())


def test_it_tells_what_it_reads_otherwise_until_it_is_accepted(
    bench_with: BenchWith, ros: Any, wait: Wait, face: np.ndarray, rotated: str
) -> None:
    bench = bench_with(shadow=rotated)
    told = listen(bench, wait)
    wait(lambda: bench.show(face) and told)
    found = told[-1]
    assert (found.model, found.shadow, found.error, found.shared_backbone) == ("default", rotated, "", True)
    labels = bench.arrays[-1].emotions[0].labels
    other = labels[list(labels).index("happy") - 1]
    assert [(pair.label, pair.shadow) for pair in found.pairs] == [("happy", other)]
    assert found.faces == found.pairs[0].count > 0 == found.agreed
    assert list(found.labels) == ["happy"] and found.emotions[0].label == other
    assert (found.emotions[0].model, found.emotions[0].roi) == (rotated, bench.arrays[-1].emotions[0].roi)
    assert found.header == bench.arrays[-1].header
    assert {array.model for array in bench.arrays} == {"default"}, "nothing changes"

    assert ros.call(bench.probe, LoadModel, "/fer/load_model", name=rotated).success
    told.clear()
    wait(lambda: bench.show(face) and told and told[-1].model == rotated)
    assert told[-1].agreed == told[-1].faces and not told[-1].emotions
    bench.node.set_parameters([Parameter("shadow", value="")])
    assert not running() and bench.show(face).emotions


def test_it_is_set_and_ended_while_frames_go_on(
    bench_with: BenchWith, wait: Wait, face: np.ndarray, rotated: str
) -> None:
    bench = bench_with()
    told = listen(bench, wait)
    assert bench.show(face).emotions and not running()
    (refused,) = bench.node.set_parameters([Parameter("shadow", value="nobody")])
    assert not refused.successful and "unknown model 'nobody'" in refused.reason and "\n" not in refused.reason
    assert not running()
    (done,) = bench.node.set_parameters([Parameter("shadow", value="small")])
    assert done.successful
    wait(lambda: bench.show(face) and told and told[-1].shadow == "small")
    assert not told[-1].shared_backbone
    (done,) = bench.node.set_parameters([Parameter("shadow", value=rotated)])
    wait(lambda: bench.show(face) and told[-1].shadow == rotated)
    wait(lambda: any(v.key == "shadow: faces read otherwise" for report in bench.reports for v in report.values))
    bench.node.trigger_deactivate()
    assert not running()
    bench.node.trigger_activate()
    told.clear()
    wait(lambda: bench.show(face) and told)
    bench.node.set_parameters([Parameter("shadow", value="")])
    assert not running()


def test_a_shadow_that_cannot_be_used_keeps_nobody_from_reading(
    bench_with: BenchWith, wait: Wait, face: np.ndarray, rotated: str, fer_home: Any
) -> None:
    bench = bench_with(shadow="gone")
    assert bench.show(face).emotions[0].label == "happy" and not running()
    told = listen(bench, wait)
    # Whole by its checksums, and yet no network: it is found out when it is loaded.
    head = fer_home / "models" / rotated / "model.yaml"
    head.write_text(head.read_text().replace("plugin: linear", "plugin: ridge"))
    bench.node.set_parameters([Parameter("shadow", value=rotated)])
    wait(lambda: bench.show(face) and told and told[-1].error)
    assert rotated in told[-1].error and bench.show(face).emotions[0].label == "happy"
    wait(lambda: not running())
