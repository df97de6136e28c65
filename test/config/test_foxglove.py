"""The Foxglove layout shows fields that the messages have."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def test_every_path_of_the_layout_leads_to_a_field() -> None:
    layout = json.loads((ROOT / "config" / "foxglove.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "ros_interface.md").read_text(encoding="utf-8")
    types = dict(re.findall(r"^\| `([\w/]+)` \| (\w+/\w+) \| [a-z]", page, re.MULTILINE))
    panels: dict[str, Any] = layout["configById"]
    paths = [series["value"] for panel in panels.values() for series in panel.get("paths", ())]
    paths += [panel[key] for panel in panels.values() for key in ("topicPath", "topicToRender") if key in panel]
    paths.append(panels["Image!picture"]["imageMode"]["imageTopic"])
    assert len(paths) > 10
    for path in paths:
        topic, _, field = path.removeprefix("/fer/").partition(".")
        package, _, kind = types[topic].partition("/")
        fields = getattr(importlib.import_module(f"{package}.msg"), kind).get_fields_and_field_types()
        assert not field or re.sub(r"\[\d\]", "", field) in fields, path
