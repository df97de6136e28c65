"""A model leaves the page as a zip with the lines that use it, and those lines run."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import expect

from fer_ros.core.base import registry

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_lines_for_python_read_a_face_with_the_model_that_was_downloaded(
    robot: Callable[..., Any], open_page: Callable[..., Any], saved: Callable[..., Path], tmp_path: Path
) -> None:
    page = open_page(robot("sample").url + "#models")
    model = page.get_by_test_id("model-small")
    saved(page, model.get_by_test_id("download"), tmp_path / "small.zip")
    with zipfile.ZipFile(tmp_path / "small.zip") as archive:
        archive.extractall(tmp_path)
    plugin = registry.load("sources", "sample")
    source = plugin(plugin.Settings())
    source.open()
    cv2.imwrite(str(tmp_path / "people.jpg"), source.read(5.0).image)
    source.close()

    model.get_by_test_id("elsewhere").click()
    snippet = page.get_by_test_id("snippet")
    expect(snippet).to_contain_text("fer_ros.Reader")
    code = snippet.inner_text()
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout
    label, _, scores = said.strip().partition(" ")
    assert label in json.loads(scores.replace("'", '"')), said
    page.get_by_text("ROS 2", exact=True).click()
    expect(snippet).to_contain_text("ros2 service call /fer/load_model")
    page.get_by_text("Browser", exact=True).click()
    expect(snippet).to_contain_text("fer export --web page --model small")
