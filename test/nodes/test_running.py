"""What a process sets before ROS starts: the files for Fast DDS 2 and 3 say the same, and the user's own go first."""

from __future__ import annotations

import glob
import os
import sys
import xml.etree.ElementTree as xml
from pathlib import Path
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
        three = bool(list(Path(sys.prefix).glob("lib/libfastdds.so*")) or glob.glob("/opt/ros/*/lib/libfastdds.so*"))
        files = ["", "fastdds_3.xml"] if three else ["fastdds.xml", ""]
        assert [os.path.basename(found[name] or "") for name in NAMES] == files


@pytest.mark.ros
@pytest.mark.slow
def test_the_file_that_is_loaded_is_for_the_fast_dds_that_is_here(run: Any) -> None:
    """Fast DDS writes what it does not understand in a file to the terminal."""
    script = "from fer_ros.nodes.running import *; initialise([]); print(bool(rclpy.create_node('x'))); leave()"
    done = run(sys.executable, "-c", script)
    assert (done.code, done.out, done.err) == (0, "True\n", "")
