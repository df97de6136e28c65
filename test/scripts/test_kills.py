"""A short form of `scripts/kills.py`, whose table of 200 kills stands in docs/reliability.md."""

from __future__ import annotations

import sys

import pytest

from ..conftest import ROOT, Run


@pytest.mark.slow
def test_killed_at_random_moments(run: Run) -> None:
    done = run(sys.executable, ROOT / "scripts" / "kills.py", "--kills", "12", timeout=120, PYTHONPATH=str(ROOT))
    assert done.code == 0, done.err
    assert [line.split(" | ")[1] for line in done.out.splitlines()[2:]] == ["3"] * 4
