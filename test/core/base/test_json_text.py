from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import json_text
from fer_ros.core.base.checks import Record, Value
from fer_ros.core.base.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "JSON is expected"),
        ("{", "JSON is expected"),
        (b"\xff", "JSON is expected"),
        ("NaN", "is not finite"),
        ("-Infinity", "is not finite"),
        ("1e400", "is not finite"),
        ("9" * 5_000, "a number of 5000 characters"),
        ("9223372036854775808", "is too large"),
        ("[" * 100_000, "containers within each other"),
        ("[" * 40 + "]" * 40, "more than 32 containers within each other"),
        ('{"a":' * 40 + "1" + "}" * 40, "more than 32 containers within each other"),
        (" " * (json_text.MAX_BYTES + 1), "are allowed"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        json_text.parse(text)
    assert message in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 200


def test_a_file_is_named_and_its_content_checked(tmp_path: Path) -> None:
    file, check = tmp_path / "x.json", Record({"a": Value(int, 0, 9), "b": Value(str, default="none")})
    file.write_text('{"a": 3, "c": 1}')
    assert json_text.read(file, check=check) == {"a": 3, "b": "none"}
    for text, message in (
        ('{"a": 10}', "a = 10 is out of range: allowed is 0 to 9"),
        ("[]", "the content must be names with values"),
        ("{}", "a is missing"),
        ("{", "JSON is expected"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError) as error:
            json_text.read(file, check=check)
        assert str(error.value).startswith(f"{file}: ") and message in str(error.value)
    with pytest.raises(ConfigError, match="larger than 2 bytes"):
        file.write_text("[1]")
        json_text.read(file, most=2)
    with pytest.raises(ConfigError, match="no such file"):
        json_text.read(tmp_path)


@given(st.text(alphabet='[]{}:,"0123456789.eE+-tfn \\u', max_size=40) | st.binary(max_size=40))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        content = json_text.parse(text)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
    else:
        json.dumps(content, allow_nan=False)
