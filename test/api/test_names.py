"""What is public: every name is there, typed as it is loaded, described on the page, and short when shown."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fer_ros
from fer_ros.core.base.types import Sample

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_is_loaded_from_where_type_checkers_find_it() -> None:
    tree = ast.parse(Path(fer_ros.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == fer_ros._HOME_OF
    assert sorted(fer_ros.__all__) == sorted([*typed, "__version__"])
    assert set(fer_ros.__all__) <= set(dir(fer_ros))


@pytest.mark.parametrize("name", fer_ros.__all__)
def test_public_name_is_there_and_described(name: str) -> None:
    value = getattr(fer_ros, name)
    if name != "__version__":
        assert value.__name__ == name
        assert inspect.getdoc(value)


def test_what_holds_arrays_or_many_fields_is_shown_in_a_line() -> None:
    array, confusion = np.zeros((50, 8, 8, 1), np.uint8), [[5] * 7] * 7
    metrics = fer_ros.Metrics(tuple("abcdefg"), 50, 0.5, 0.5, 0.5, 0.25, confusion, {})
    shown = {
        repr(fer_ros.Frame(array[0], 5)): "Frame(8x8, stamp=5, frame_id='camera_optical_frame')",
        repr(fer_ros.Options(head="linear", seed=3)): "Options(head='linear', seed=3)",
        repr(fer_ros.Options()): "Options()",
        repr(metrics): "Metrics(accuracy=0.500, macro_f1=0.250, 50 faces)",
        repr(fer_ros.TrainedHead(bytes(1000))): "TrainedHead(1000 bytes, plugin='', 0 epochs)",
        repr(
            Sample(array[0], "happy", "anna", None, 5, 1, "monday")
        ): "Sample(8x8, 'happy', take 1 of 'monday', stamp=5)",
    }
    assert list(shown) == list(shown.values())


def test_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Raeder'"):
        _ = fer_ros.Raeder


def test_the_page_of_the_api_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "api_docs.py", "--check"], check=False, timeout=120)
    assert done.returncode == 0, "docs/api.md is stale: run `make docs`"
