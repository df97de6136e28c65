"""The house: every folder says what belongs there, none is crowded, and the signs for strangers point somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fer_ros"
ROOMS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
#: Python modules of a folder, its ``__init__.py`` left out.
MOST_MODULES = 18


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_says_what_belongs_there_and_is_not_crowded(room: Path) -> None:
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    first = re.match(r"(.+?)(\.(?= |$)|::?$)", docstring.split("\n")[0])
    assert first and len(first.group(1).split()) >= 4, (
        f"{room}/__init__.py must begin with a sentence that says what belongs here"
    )
    assert len(list(room.glob("*.py"))) - 1 <= MOST_MODULES


def _paths_of_the_table() -> list[tuple[str, str]]:
    """Subject → path, from the table of CONTRIBUTING.md; ``<name>`` stands for any name."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## To change X, open Y")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("|") and "---" not in line]
    return [
        (subject.strip(), path)
        for subject, *cells in rows[1:]
        for path in re.findall(r"`([\w.<>/-]+/[\w.<>/-]*)`", "".join(cells))
    ]


def test_the_table_names_ten_changes_and_more() -> None:
    assert len({subject for subject, _ in _paths_of_the_table()}) >= 10


@pytest.mark.parametrize(("subject", "path"), _paths_of_the_table())
def test_to_change_x_open_y_points_at_something(subject: str, path: str) -> None:
    assert list(ROOT.glob(re.sub("<[^>]*>", "*", path))), f"{subject}: CONTRIBUTING.md names {path}, which is not there"


def test_what_the_table_names_inside_a_file_is_there() -> None:
    for path, names in {
        "fer_ros/core/vision/images.py": ("def _table",),
        "fer_ros/core/vision/kinds.py": ("_MAGIC",),
        "fer_ros/plugins/sources/camera.py": ("class CameraSettings", "first_pause"),
        "fer_ros/cli/verbs/__init__.py": ("VERBS = {",),
    }.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert all(name in text for name in names), path
