"""What the parameters are called: in a way that `ros2 param dump` can write down, and as they were called before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from rclpy.parameter import Parameter

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.dashboard.node import DashboardNode
from fer_ros.nodes.inference import InferenceNode
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.nodes.trainer import TrainerNode

pytestmark = pytest.mark.ros


def make(kind: Callable[..., Any], texts: dict[str, str] | None = None, **given: Any) -> Any:
    overrides = [Parameter(name.replace("__", "."), value=value) for name, value in given.items()]
    return kind(namespace="/fer", settings=texts, parameter_overrides=overrides)


def dump(node: Any) -> dict[str, Any]:
    """As `ros2 param dump` does it: names are cut at their dots, and each part is a level of the file."""
    tree: dict[str, Any] = {}
    for name, parameter in sorted(node._parameters.items()):
        *path, last = name.split(".")
        place = tree
        for part in path:
            place = place.setdefault(part, {})
            assert isinstance(place, dict), f"{name} lies below a parameter that is a value"
        assert last not in place, f"{name} is above another parameter"
        place[last] = parameter.value
    return tree


@pytest.mark.parametrize("kind", [CameraNode, InferenceNode, RecorderNode, TrainerNode, DashboardNode])
def test_a_dump_holds_every_parameter_and_starts_the_node_again(ros: Any, fer_home: Any, kind: Any) -> None:
    node = ros.add(make(kind))
    before = {name: parameter.value for name, parameter in node._parameters.items()}
    tree = yaml.safe_load(yaml.safe_dump(dump(node)))

    def flat(level: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, value in level.items():
            out |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        return out

    overrides = {n: v for n, v in flat(tree).items() if not n.startswith(("qos_overrides", "start_type"))}
    again = ros.add(make(kind, **overrides))
    assert {n: again.get_parameter(n).value for n in overrides} == {n: before[n] for n in overrides}


@pytest.mark.parametrize(
    ("kind", "choice", "group", "nodes"),
    [
        ("sources", "source", "sources", CameraNode),
        ("detectors", "detector", "detectors", InferenceNode),
        ("detectors", "detector", "detectors", RecorderNode),
        ("filters", "filter", "filters", InferenceNode),
        ("heads", "head", "heads", TrainerNode),
    ],
)
def test_settings_of_every_plugin_have_a_place_of_their_own(
    ros: Any, fer_home: Any, kind: str, choice: str, group: str, nodes: Any
) -> None:
    for name in registry.names(kind):
        node = make(nodes, None, **{choice: name})
        known = set(dump(node).get(group, {}).get(name, {}))
        expected = set(registry.load(kind, name).Settings.__dataclass_fields__)
        assert known == expected, name
        node.destroy_node()


class Heard:
    """Warnings of a node, caught where it logs them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from rclpy.impl.rcutils_logger import RcutilsLogger

        self.lines: list[str] = []
        monkeypatch.setattr(RcutilsLogger, "warning", lambda logger, message, **_: self.lines.append(message))


def test_names_of_before_are_understood_with_a_warning(ros: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard(monkeypatch)
    camera = ros.add(make(CameraNode, source="sample", source__fps=7.0))
    assert camera.get_parameter("sources.sample.fps").value == 7.0 and "source.fps" not in camera._parameters
    typed = ros.add(make(CameraNode, texts={"source": "sample", "source.fps": "8"}))
    assert typed.get_parameter("sources.sample.fps").value == 8.0
    assert [line for line in heard.lines if "'source.fps' is now called 'sources.sample.fps'" in line] == heard.lines
    assert len(heard.lines) == 2
    inference = ros.add(make(InferenceNode, detector="haar", detector__max_faces=3, filter__bayes__change_rate=0.25))
    assert inference.get_parameter("detectors.haar.max_faces").value == 3
    inference.set_parameters([Parameter("filter", value="bayes")])
    assert inference.get_parameter("filters.bayes.change_rate").value == 0.25
    assert any("'filter.bayes.change_rate' is now called 'filters.bayes.change_rate'" in line for line in heard.lines)
    assert not [line for line in heard.lines if "not known" in line]


def test_a_file_may_set_plugins_that_are_not_chosen_but_a_command_may_not(
    ros: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard(monkeypatch)
    ros.add(make(CameraNode, source="sample", sources__video__path="/film.mp4"))
    assert heard.lines == []
    ros.add(make(CameraNode, source="sample", sources__sample__fsp=7.0, sources__vidoe__path="/film.mp4"))
    assert len(heard.lines) == 2 and "did you mean 'sources.sample.fps'?" in heard.lines[0]
    with pytest.raises(ConfigError, match=r"sources\.video\.path"):
        make(CameraNode, texts={"source": "sample", "sources.video.path": "/film.mp4"})
