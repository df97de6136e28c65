from __future__ import annotations

import logging

import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.datasets.left_out import LeftOut, summary


def test_the_first_of_each_reason_is_named_and_all_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    left_out = LeftOut()
    with caplog.at_level(logging.WARNING):
        for name in "abc":
            left_out.add(name, "unreadable")
        left_out.add("d", "of another size", "3x3")
    assert caplog.messages == [
        "a: left out, unreadable; further ones are only counted",
        "d: left out, of another size (3x3); further ones are only counted",
    ]
    assert left_out.counts == {"unreadable": 3, "of another size": 1}
    assert str(left_out) == "3 unreadable, 1 of another size" == summary({**left_out.counts, "none": 0})
    assert summary({}) == ""


def test_a_second_pass_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    left_out = LeftOut(quiet=True)
    left_out.add("a", "unreadable")
    assert caplog.messages == [] and str(left_out) == "1 unreadable"


def test_strict_refuses_the_first() -> None:
    left_out = LeftOut(strict=True)
    with pytest.raises(ConfigError, match=r"^a: of another size \(3x3\); without --strict it is left out$"):
        left_out.add("a", "of another size", "3x3")
