from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import yaml_files
from fer_ros.core.base.errors import ConfigError


def test_plain_values(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: [1, 2.5, true, null, 'ä 😄']\nb: {c: text}\nc: [.nan, -.Inf]\n", encoding="utf-8")
    assert yaml_files.read(file) == {"a": [1, 2.5, True, None, "ä 😄"], "b": {"c": "text"}, "c": [None, None]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "expected ',' or ']'"),
        ("a: 1\nb: *c", "line 2: aliases are not allowed"),
        ("!!python/object/apply:os.getcwd []", "is not allowed"),
        ("!!int ''", "is not what its tag"),
        ("!!timestamp never", "is not allowed"),
        ("!!binary eA==", "is not allowed"),
        ("!!set {a}", "is not allowed"),
        ("a: \x07", "control characters are not allowed"),
        ("a: 1\n---\nb: 2", "line 2: a second document is not allowed"),
        ("? [1]\n: 2", "a name must be a plain value"),
        ("[" * 1_000_000, "more than 32 containers within each other"),
        ("- " * 500_000, "more than 32 containers within each other"),
        ("[" + "1," * 200_000 + "1]", "more than 50000 values"),
        ("a: 0x" + "f" * 4_000, "a number of 4002 characters"),
        ("a: 1" + "0" * 400, "a number of 401 characters"),
        ("a: 9223372036854775808", "is too large"),
        ("a: 1.0e+400", "is not finite"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        yaml_files.read(file)
    assert str(error.value).startswith(f"{file}: ") and message in str(error.value)
    assert len(str(error.value).splitlines()) == 1 and len(str(error.value)) < 300


def test_two_hundred_thousand_sexagesimal_parts_are_a_text(tmp_path: Path) -> None:
    """YAML 1.1 would make a number of them, which takes a minute."""
    file = tmp_path / "x.yaml"
    file.write_text("a: " + ":".join(["1"] * 200_000))
    began = time.process_time()
    assert len(yaml_files.read(file)["a"]) == 399_999
    assert time.process_time() - began < 5.0


#: PyYAML itself takes the line breaks of Unicode in a name for blanks.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT | st.text(alphabet="0123456789:-+_.eExbonyulf~T ", max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(PLAIN)
def test_what_we_write_is_read_as_it_was(content: Any) -> None:
    for style in (True, False, None):
        text = yaml.safe_dump({"a": content}, allow_unicode=True, default_flow_style=style)
        assert yaml_files.parse(text.encode()) == {"a": content}


def test_where_the_c_library_is_missing_all_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_files, "_Parser", yaml.SafeLoader)
    test_plain_values(tmp_path)
    for text, message in (("[" * 1_000, "more than 32"), ("a: *b", "aliases"), ("a: [1", "expected ','")):
        with pytest.raises(ConfigError, match=message):
            yaml_files.parse(text.encode())


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
