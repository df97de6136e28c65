from __future__ import annotations

import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import (
    ALIASES,
    AS_IS,
    DEFAULT_LABELS,
    FERPLUS_TO_LABEL,
    MAX_LABEL,
    NONE_OF_THESE,
    LabelNames,
    check_label,
    new_label,
    resolve,
    standard,
)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("happy", DEFAULT_LABELS, "happy"),
        ("Happy", DEFAULT_LABELS, "happy"),
        (" HAPPY ", DEFAULT_LABELS, "happy"),
        ("Happiness", DEFAULT_LABELS, "happy"),
        ("surprised", DEFAULT_LABELS, "surprise"),
        ("contempt", DEFAULT_LABELS, None),
        ("", DEFAULT_LABELS, None),
        # A model may use the names that are aliases here.
        ("happy", ("Happiness", "anger"), "Happiness"),
        ("joy", ("Happiness", "anger"), "Happiness"),
        ("anger", ("Happiness", "anger"), "anger"),
        # The same name wins over another in other letters, that over an alias.
        ("Joy", ("joy", "Joy"), "Joy"),
        ("joy", ("happy", "JOY"), "JOY"),
        ("joyful", ("joy", "happy"), None),
        ("happiness", ("joy", "happy"), None),
    ],
)
def test_a_datasets_label_finds_the_models(name: str, labels: tuple[str, ...], expected: str | None) -> None:
    assert resolve(name, labels) == expected


def test_every_alias_means_a_default_label() -> None:
    for name, label in {**ALIASES, **FERPLUS_TO_LABEL}.items():
        assert resolve(name, (*DEFAULT_LABELS, NONE_OF_THESE)) == standard(name) == label
    assert sorted(FERPLUS_TO_LABEL.values()) == sorted(DEFAULT_LABELS)


@pytest.mark.parametrize("name", ["", " ", " happy", "happy\n", "a\x1bb", "\ud800", "x" * (MAX_LABEL + 1)])
def test_labels_that_would_break_a_message_or_terminal_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not allowed"):
        check_label(name)


@pytest.mark.parametrize("name", ["happy", "행복", "none of these", "x" * MAX_LABEL])
def test_other_labels_can_be_taught(name: str) -> None:
    assert check_label(name) == name


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("HAPPINESS", "happy"),
        ("Anger", "angry"),
        ("3_sad", "sad"),
        ("none_of_these", "none of these"),
        ("행복", "happy"),
        ("\u1112\u1162\u11bc\u1107\u1169\u11a8", "happy"),  # the same as macOS writes it
        ("해당 없음", "none of these"),
        ("contempt", "contempt"),
        ("Wink", "Wink"),
        ("12", "12"),
    ],
)
def test_the_names_of_data_sets_and_languages_become_the_usual_ones(name: str, label: str) -> None:
    assert standard(name) == label
    names, untouched = LabelNames(), LabelNames(AS_IS)
    assert names.of(name) == label and names.renamed == ({name: label} if name != label else {})
    assert untouched.of(name) == name and not untouched.renamed


def test_a_new_label_holds_no_comma_and_an_old_one_is_read() -> None:
    assert new_label("윙크, not".replace(",", "")) == "윙크 not" and check_label("fear, surprise") == "fear, surprise"
    for name, code in (("fear, surprise", "label_comma"), ("", "label_not_allowed"), ("a\tb", "label_not_allowed")):
        with pytest.raises(ConfigError) as error:
            new_label(name)
        assert error.value.code == code and "\n" not in str(error.value)
