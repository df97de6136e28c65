from __future__ import annotations

from typing import Any

import pytest

from fer_ros.core.base.checks import Check, Record, Rows, Table, Value
from fer_ros.core.base.errors import ConfigError

WORDS = Table(Rows(Value(str, 1, 5, shown=True), 1, 3), 2)


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (WORDS, [], "x must be names with values, got []"),
        (WORDS, {1: ["a"]}, "x must be names with values"),
        (WORDS, {"a": "b"}, "x['a'] must be of type list, got 'b'"),
        (WORDS, {"a": []}, "x['a'] has 0 rows: allowed is 1 to 3"),
        (WORDS, {"a": ["b"] * 4}, "x['a'] has 4 rows"),
        (WORDS, {"a": ["b", ""]}, "x['a'][1] has 0 characters: allowed is 1 to 5"),
        (WORDS, {"a": ["\n"]}, "holds characters that cannot be shown"),
        (WORDS, {"a": ["\ud800"]}, "holds characters that cannot be shown"),
        (WORDS, {"a": ["b"], "c": ["d"], "e": ["f"]}, "x has 3 entries: allowed are 2"),
        (Value(float, 0, 1), 10**400, "x must be a finite number"),
        (Value(float, 0, 1), float("nan"), "x must be a finite number, got nan"),
        (Value(int, 0, 1), True, "x must be of type int, got True"),
        (Value(int, 0), -1, "x = -1 is out of range: allowed is 0 to any"),
        (Value(str, choices=("a", "b")), "c", "x = 'c' is not known: choose one of a, b"),
        (Value(str, pattern="[a-z]+"), "A", "x is not allowed: 'A'"),
        (Record({"a": Value(int)}), {}, "x.a is missing"),
        (Record({"a": Value(int)}), {"a": None}, "x.a is missing"),
        (Record({"a": WORDS}), {"a": {"b": [1]}}, "x.a['b'][0] must be of type str, got 1"),
    ],
)
def test_what_is_not_allowed_is_named(check: Check, value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        check.check("x", value)
    assert message in str(error.value)


def test_what_is_missing_is_the_default_and_nobody_elses() -> None:
    record = Record({"a": Table(default={}), "b": Value(float, default=1.5)})
    first, second = record.check("", {"c": 3}), record.check("", {"a": None, "b": 2})
    first["a"]["x"] = 1
    assert first == {"a": {"x": 1}, "b": 1.5} and second == {"a": {}, "b": 2.0}
    assert isinstance(second["b"], float)
