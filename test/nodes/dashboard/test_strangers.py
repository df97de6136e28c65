"""Strangers who say nothing, at a whole robot: recording goes on, newcomers come in, the log stays small."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "strangers.py"


def test_a_crowd_of_strangers_stops_neither_recording_nor_newcomers(run: Callable[..., Any]) -> None:
    """The figures of a quiet machine are in docs/security.md; here it may be busy."""
    done = run(
        sys.executable, SCRIPT, "--seconds", "4", "--half-open", "1000", "--silent", "100", "--json", timeout=150
    )
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert figures["frames_per_second_crowded"] > 0 and figures["newcomers"] > 0
    assert figures["log_bytes"] < 100_000
    assert sum(count for name, count in figures.items() if name.startswith("refused: ")) > 0, figures
