"""The tables of docs/ros_interface.md are those that the real nodes give."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.ros
@pytest.mark.slow
def test_the_tables_of_the_ros_interface_are_what_the_nodes_have(run: Any) -> None:
    done = run(sys.executable, ROOT / "scripts" / "ros_docs.py", "--check")
    assert (done.code, done.err) == (0, ""), done.err or "docs/ros_interface.md is stale: run `make docs`"
