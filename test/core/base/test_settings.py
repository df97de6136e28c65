from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import Constraint, NoSettings, check_value, fields, make, setting


@dataclasses.dataclass(frozen=True)
class Camera:
    device: str = setting("/dev/video0", "device")
    width: int = setting(640, "pixels", low=1, high=4096)
    rate: float = setting(30.0, "frames a second", low=0.1, live=True)
    mode: str = setting("auto", "how", choices=("auto", "manual"))
    flip: bool = setting(False, "mirror")


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.binary(max_size=4)
    | st.lists(st.integers(), max_size=2)
    | st.just(10**400)
    | st.just(-(10**5000))
)


@given(
    value=ANYTHING,
    kind=st.sampled_from([bool, int, float, str]),
    low=st.none() | st.floats(-10, 10),
    high=st.none() | st.floats(-10, 10),
    choices=st.none() | st.just(("a", "b")),
)
def test_a_value_is_of_its_kind_and_in_its_range_or_refused(
    value: Any, kind: type, low: float | None, high: float | None, choices: tuple[str, ...] | None
) -> None:
    try:
        checked = check_value("camera.x", kind, Constraint("", low, high, choices), value)
    except ConfigError as error:
        text = str(error)
        assert text.startswith("camera.x ") and len(text.splitlines()) == 1 and len(text) < 250
        return
    assert type(checked) is kind and checked == value
    if isinstance(checked, (int, float)) and kind is not bool:
        assert kind is int or math.isfinite(checked)
        assert low is None or checked >= low
        assert high is None or checked <= high
    assert choices is None or checked in choices


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 0}, "camera.width = 0 is out of range: allowed is 1 to 4096"),
        ({"width": 640.0}, "camera.width must be of type int, got 640.0"),
        ({"width": True}, "camera.width must be of type int, got True"),
        ({"flip": 1}, "camera.flip must be of type bool, got 1"),
        ({"rate": False}, "camera.rate must be of type float, got False"),
        ({"rate": math.nan}, "camera.rate must be a finite number, got nan"),
        ({"rate": 10**400}, "camera.rate must be a finite number, got 1000"),
        ({"rate": 0}, "camera.rate = 0.0 is out of range: allowed is 0.1 to any"),
        ({"mode": "Auto"}, "camera.mode = 'Auto' is not known: choose one of auto, manual"),
        ({"widht": 1}, "unknown setting 'camera.widht' (did you mean 'camera.width'?)"),
        ({"a\nb": 1}, "unknown setting 'camera.a\\nb'"),
    ],
)
def test_what_is_wrong_is_said(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        make(Camera, values, "camera.")
    assert str(error.value).startswith(message)


def test_settings_are_made_from_plain_values() -> None:
    assert make(Camera, {}) == Camera()
    made = make(Camera, {"rate": 15, "flip": True})
    assert made == Camera(rate=15.0, flip=True) and type(made.rate) is float
    assert make(NoSettings, {}) == NoSettings()


def test_fields_tell_type_default_and_constraint() -> None:
    table = fields(Camera)
    assert list(table) == ["device", "width", "rate", "mode", "flip"]
    assert table["rate"] == (float, 30.0, Constraint("frames a second", low=0.1, live=True))
    assert table["mode"][2].choices == ("auto", "manual")
