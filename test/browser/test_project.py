"""A project saved from the robot's page, and opened there again; what is no project is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from fer_ros.core import bags
from fer_ros.core.exporting.project_file import Reader

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "ko-KR"}


def test_recordings_go_out_and_come_back(
    robot: Callable[..., Any], open_page: Callable[..., Any], saved: Callable[..., Path], tmp_path: Path, fer_home: Path
) -> None:
    running = robot("face")
    page = open_page(running.url)
    expect(page.get_by_test_id("face").first).to_be_visible()
    page.get_by_role("link", name="Models").click()
    page.get_by_test_id("save").click()
    expect(page.get_by_text("There is nothing to save yet")).to_be_visible()
    page.get_by_role("link", name="Record").click()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("aria-disabled", "false")
    page.get_by_test_id("hold-happy").hover()
    page.mouse.down()
    page.wait_for_function("() => Number(document.querySelector('[data-testid=hold-happy]').dataset.count) >= 5")
    page.mouse.up()
    expect(page.get_by_test_id("take")).to_have_count(1)
    page.get_by_role("link", name="Models").click()
    file = saved(page, page.get_by_test_id("save"), tmp_path / "my faces.zip")
    with Reader(file) as found:
        count = len(found.samples)
        assert count >= 5 and found.labels == ["happy"]
    page.get_by_test_id("file").set_input_files(str(file))
    expect(page.get_by_text(f"{count} pictures are in the recording my_faces")).to_be_visible()
    assert bags.info(fer_home / "bags" / "my_faces").labels == {"happy": count}
    phone = open_page(running.url, **PHONE)
    phone.get_by_role("link", name="모델").click()
    (tmp_path / "no.zip").write_bytes(b"no project")
    phone.get_by_test_id("file").set_input_files(str(tmp_path / "no.zip"))
    expect(phone.get_by_role("alert")).to_be_visible()
    phone.wait_for_function("document.documentElement.scrollWidth <= 390")
