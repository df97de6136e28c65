from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base.errors import MAX_QUOTED, quoted, reason, unknown_name


@given(st.text() | st.integers() | st.lists(st.text()) | st.binary())
def test_foreign_values_are_quoted_on_one_short_line(value: object) -> None:
    text = quoted(value)
    assert len(text.splitlines()) == 1 and len(text) <= MAX_QUOTED + 1
    assert text.isprintable()


def test_an_integer_that_python_does_not_write() -> None:
    assert quoted(10**5000) == "(int)"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError(), "ValueError"),
        (ValueError("\n \n"), "ValueError"),
        (ValueError("\n first\nsecond"), "first"),
        (FileNotFoundError(2, "No such file", "x"), "[Errno 2] No such file: 'x'"),
    ],
)
def test_the_reason_of_an_error_is_one_line(error: Exception, expected: str) -> None:
    assert reason(error) == expected


def test_an_unknown_name_gets_the_known_ones_and_a_guess() -> None:
    text = str(unknown_name("detector", "harr", ["whole_frame", "haar"]))
    assert text == "unknown detector 'harr' (did you mean 'haar'?): choose one of haar, whole_frame"
    assert "(none installed)" in str(unknown_name("sink", "x", []))


@given(st.text(max_size=300), st.lists(st.sampled_from(["haar", "whole_frame"]), unique=True))
def test_an_unknown_name_of_any_kind_makes_one_line(name: str, known: list[str]) -> None:
    text = str(unknown_name("detector", name, known))
    assert len(text.splitlines()) == 1 and len(text) < 300


def test_a_name_of_a_million_letters_is_answered_at_once() -> None:
    assert len(str(unknown_name("detector", "haar" * 1_000_000, ["haar"] * 1000))) < 10_000
