"""A range written down once holds for the parameter file, for `ros2 param set` and for typed options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rclpy
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.vision.images import ENCODINGS
from fer_ros.nodes.camera import CameraNode
from fer_ros.nodes.parameters import Parameters

pytestmark = pytest.mark.ros


@dataclass(frozen=True)
class Things:
    """Settings of each type."""

    count: int = setting(3, "how many", low=1, high=10, live=True)
    ratio: float = setting(0.5, "how much", low=0.0, live=True)
    kind: str = setting("a", "which", choices=("a", "b"), live=True)
    fast: bool = setting(False, "whether", live=True)
    fixed: int = setting(7, "for good", high=9)

    def __post_init__(self) -> None:
        if self.fast and self.count > 5:
            raise ConfigError("fast allows no more than 5")


def make(given: dict[str, Any] | None = None, texts: dict[str, str] | None = None) -> tuple[Any, list[Things]]:
    node = rclpy.create_node(
        "things",
        parameter_overrides=[Parameter(name, value=value) for name, value in (given or {}).items()],
        automatically_declare_parameters_from_overrides=True,
    )
    applied: list[Things] = []
    parameters = Parameters(node, texts)
    try:
        applied.append(parameters.declare(Things, "p.", applied.append))
        parameters.check_unknown()
    except ConfigError:
        node.destroy_node()
        raise
    return node, applied


def test_descriptors_tell_type_range_and_meaning(ros: Any) -> None:
    node, _ = make()
    count, ratio, kind, _, fixed = node.describe_parameters(
        [f"p.{n}" for n in ("count", "ratio", "kind", "fast", "fixed")]
    )
    assert (count.description, count.read_only, count.type) == ("how many", False, ParameterType.PARAMETER_INTEGER)
    assert (count.integer_range[0].from_value, count.integer_range[0].to_value) == (1, 10)
    assert ratio.floating_point_range[0].from_value == 0.0 and ratio.floating_point_range[0].to_value > 1e300
    assert kind.additional_constraints == "one of a, b"
    assert fixed.read_only and fixed.integer_range[0].to_value == 9
    node.destroy_node()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("count", 0, ["p.count", "1 to 10"]),
        ("count", 2**40, ["p.count", "1 to 10"]),
        ("count", "many", ["p.count", "int"]),
        ("count", True, ["p.count", "int"]),
        ("ratio", -0.1, ["p.ratio"]),
        ("ratio", float("nan"), ["p.ratio", "finite"]),
        ("kind", "c", ["p.kind", "a, b"]),
        ("fast", 1, ["p.fast", "bool"]),
        ("fixed", 10, ["p.fixed", "9"]),
    ],
)
def test_a_wrong_value_at_the_start_is_named_with_what_is_allowed(
    ros: Any, name: str, value: Any, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        make({f"p.{name}": value})
    assert all(word in str(caught.value) for word in words) and "\n" not in str(caught.value)


def test_given_values_are_taken_and_whole_numbers_widened(ros: Any) -> None:
    node, applied = make({"p.ratio": 2, "p.kind": "b"}, {"p.count": "4", "p.fast": "yes"})
    assert applied == [Things(count=4, ratio=2.0, kind="b", fast=True)]
    assert node.get_parameter("p.ratio").value == 2.0
    node.destroy_node()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.count", "4.5", "whole number"),
        ("p.count", "40", "1 to 10"),
        ("p.fast", "maybe", "true or false"),
        ("p.cuont", "4", "did you mean 'p.count'"),
    ],
)
def test_typed_values_are_checked(ros: Any, name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make(texts={name: text})


def test_a_node_that_cannot_be_made_leaves_no_service_that_nobody_answers(ros: Any) -> None:
    probe = ros.node()
    # What is caught keeps the half-made node alive.
    with pytest.raises(ConfigError) as caught:
        CameraNode(namespace="/fer", parameter_overrides=[Parameter("source", value="nothing")])
    assert "nothing" in str(caught.value)
    left = {name for name, _ in probe.get_service_names_and_types() if name.startswith("/fer/")}
    assert left <= {"/fer/camera/get_type_description"}  # that one goes with the object


def test_setting_applies_what_is_allowed_and_refuses_the_rest(ros: Any) -> None:
    node, applied = make()

    def put(**values: Any) -> tuple[bool, str]:
        result = node.set_parameters_atomically([Parameter(f"p.{n}", value=v) for n, v in values.items()])
        return result.successful, result.reason

    assert put(count=5, ratio=4) == (True, "")
    assert applied[-1] == Things(count=5, ratio=4.0)
    before = len(applied)
    for wrong, word in (
        ({"count": 11}, "11"),
        ({"kind": "c"}, "a, b"),
        ({"fixed": 1}, "read-only"),
        ({"count": "x"}, "type"),
    ):
        ok, reason = put(**wrong)
        assert not ok and word in reason, (wrong, reason)
    # What does not fit together is refused as a whole.
    ok, reason = put(fast=True, count=6)
    assert (ok, reason) == (False, "fast allows no more than 5")
    assert len(applied) == before and node.get_parameter("p.count").value == 5
    node.destroy_node()


def test_a_typing_error_in_the_file_is_warned_about(ros: Any, capfd: pytest.CaptureFixture[str]) -> None:
    node, _ = make({"p.cuont": 4, "use_sim_time": False})
    err = capfd.readouterr().err
    assert "parameter 'p.cuont' is not known and has no effect: did you mean 'p.count'?" in err
    assert "use_sim_time" not in err
    assert not node.has_parameter("p.cuont")
    node.destroy_node()


def test_what_fails_to_be_applied_is_logged_and_nothing_more(ros: Any, capfd: pytest.CaptureFixture[str]) -> None:
    node = rclpy.create_node("clumsy", automatically_declare_parameters_from_overrides=True)

    def fail(settings: Things) -> None:
        raise ValueError("no")

    Parameters(node).declare(Things, apply=fail)
    assert node.set_parameters([Parameter("count", value=2)])[0].successful
    assert "could not be applied" in capfd.readouterr().err
    node.destroy_node()


def test_every_encoding_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ros_interface.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([\w]+)`", text))
    named = names | {f"{name[:-1]}16" for name in names if name.startswith("bayer")}
    assert set(ENCODINGS) <= named
