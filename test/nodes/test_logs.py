"""Repetitions in the log are folded, and what was left out is told."""

from __future__ import annotations

import logging

from fer_ros.nodes import logs
from fer_ros.nodes.logs import LINES, SECONDS, Fold


class Collects:
    """In place of rclpy's logger, whose lines go to the terminal."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.error = self.warning = self.info = self.debug = self.lines.append


def test_what_is_repeated_is_folded_and_what_is_rare_is_not() -> None:
    now = [0.0]
    fold = Fold(lambda: now[0])
    shown = [fold.line("a", f"a {n}") for n in range(1_000)]
    assert [line for line in shown if line] == [f"a {n}" for n in range(LINES)]
    assert fold.line("b", "b") == "b"
    now[0] = SECONDS
    assert fold.line("a", "a again") == f"a again (and {1_000 - LINES} more of the kind)"
    for n in range(100):
        now[0] += SECONDS
        assert fold.line("a", f"slow {n}") == f"slow {n}"


def test_a_log_of_many_kinds_is_forgotten_in_order() -> None:
    fold = Fold(lambda: 0.0)
    for n in range(10 * logs.KINDS):
        assert fold.line(n, "x") == "x"
    assert len(fold._said) == logs.KINDS


def test_lines_of_one_template_are_of_one_kind() -> None:
    ours, before = logging.getLogger("fer_ros"), logging.getLogger("fer_ros").handlers
    seen = Collects()
    try:
        logs.forward(seen)
        for n in range(100):
            logging.getLogger("fer_ros.x").warning("port %d\nfailed", n)
            logging.getLogger("fer_ros.x").warning("%s", f"{n} of its own")
    finally:
        ours.handlers = before
        ours.propagate = True
    assert [line for line in seen.lines if "port" in line] == [f"port {n} failed" for n in range(LINES)]
    assert len([line for line in seen.lines if "of its own" in line]) == 100
