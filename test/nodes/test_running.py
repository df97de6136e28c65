"""What a process sets before ROS starts: the files for Fast DDS 2 and 3 say the same, and the user's own go first."""

from __future__ import annotations

import os
import xml.etree.ElementTree as xml
from typing import Any

import pytest

from fer_ros.core.base.paths import share_dir
from fer_ros.nodes.running import prepare_middleware

NAMES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
SPACE = "{http://www.eprosima.com}"


def content(element: Any) -> list[Any]:
    """Without the throughput controller, which only Fast DDS 2 knows."""
    parts = [content(part) for part in element if part.tag != f"{SPACE}throughputController"]
    return [element.tag, (element.text or "").strip(), parts]


def test_the_files_for_both_versions_say_the_same() -> None:
    two, three = (xml.parse(share_dir() / "config" / f"{name}.xml").getroot() for name in ("fastdds", "fastdds_3"))
    assert content(two) == content(three)
    assert [len(list(tree.iter(f"{SPACE}throughputController"))) for tree in (two, three)] == [1, 0]


@pytest.mark.parametrize("given", [*NAMES, "FASTDDS_BUILTIN_TRANSPORTS", ""])
def test_the_users_own_settings_stay(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for name in (*NAMES, "FASTDDS_BUILTIN_TRANSPORTS"):
        monkeypatch.setenv(name, "")  # so that it is put back at the end, whoever sets it
        monkeypatch.delenv(name)
    if given:
        monkeypatch.setenv(given, "mine")
    prepare_middleware()
    found = {name: os.environ.get(name) for name in NAMES}
    if given:
        assert found == {name: "mine" if name == given else None for name in NAMES}
    else:
        assert [os.path.basename(found[name] or "") for name in NAMES] == ["fastdds.xml", "fastdds_3.xml"]
