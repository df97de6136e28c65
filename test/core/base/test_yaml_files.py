from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError


def test_plain_values(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: [1, 2.5, true, null, 'ä 😄']\nb: {c: text}\n", encoding="utf-8")
    assert yaml_files.read(file) == {"a": [1, 2.5, True, None, "ä 😄"], "b": {"c": "text"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "line 1: expected ',' or ']'"),
        ("a: 1\nb: *c", "line 2: aliases are not allowed"),
        ("!!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
        ("!!int ''", "cannot be read"),
        ("!!timestamp never", "cannot be read"),
        ("[" * 1_000, "cannot be read"),
        ("a: \x07", "unacceptable character"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        yaml_files.read(file)
    assert str(error.value).startswith(f"{file}: ") and message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "absent", "pipe"):
        with pytest.raises(ConfigError, match="no such file"):
            yaml_files.read(tmp_path / name)


@given(content=st.binary(max_size=60) | st.text(alphabet="-[]{}:,&*!|>'\"#%@? \n\tab01.", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    file.write_bytes(content)
    try:
        yaml_files.read(file)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
