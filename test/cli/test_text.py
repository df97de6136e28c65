"""Tables line up whatever is in the cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fer_ros.cli.text import clean, size, table, width


@given(st.text())
def test_clean_leaves_nothing_that_steers_a_terminal(text: str) -> None:
    assert clean(text).isprintable()
    assert len(clean(text)) == len(text)


@given(st.lists(st.tuples(st.text(), st.text(), st.integers()), max_size=5))
def test_columns_begin_at_the_same_place(rows: list[tuple[str, str, int]]) -> None:
    marked = [(a, "|" + b, c) for a, b, c in rows]
    lines = table(("first", "|second", "third"), marked).split("\n")
    assert len(lines) == len(rows) + 1
    first = max([5] + [width(clean(a)) for a, _, _ in rows])
    for line, (a, _, _) in zip(lines[1:], rows, strict=True):
        cell = clean(a)
        assert line.startswith(cell + " " * (first - width(cell)) + "  |")
        assert line == line.rstrip()


def test_wide_characters_take_two_columns_and_numbers_end_together() -> None:
    lines = table(("label", "count"), [("기쁨", 3), ("happy", 1200)], right=(1,)).splitlines()
    assert lines == ["label  count", "기쁨       3", "happy   1200"]


def test_sizes() -> None:
    assert [size(n) for n in (0, 999, 1000, 3_249_000, 7_500_000_000)] == ["0 B", "999 B", "1.0 kB", "3.2 MB", "7.5 GB"]
