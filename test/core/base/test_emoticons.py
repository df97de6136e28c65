from __future__ import annotations

from pathlib import Path

import pytest

from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import DEFAULT_LABELS, UNCERTAIN


def test_the_shipped_table_has_each_label_with_different_emoticons() -> None:
    table = Emoticons.load()
    shown = [e for label in (*DEFAULT_LABELS, UNCERTAIN) for e in (table.of(label), *table.candidates(label))]
    assert all(shown) and len(set(shown)) == len(shown)
    assert table.of("happy") not in table.candidates("happy") and len(table.candidates("happy")) >= 2


def test_a_label_without_emoticons() -> None:
    table = Emoticons({"happy": (":)",)})
    assert (table.of("happy"), table.candidates("happy")) == (":)", ())
    assert (table.of("awe"), table.candidates("awe")) == ("", ())


@pytest.mark.parametrize(
    "text",
    ["", "happy", "[happy]", "happy: ':)'", "happy: []", "happy: ['']", "happy: [1]", "1: [':)']", "happy: [[a]]"],
)
def test_a_table_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "emoticons.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"each line is a label with a list"):
        Emoticons.load(file)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Emoticons.load(tmp_path / "emoticons.yaml")
