"""What a slip takes away comes back: a take, and the counters of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_take_and_the_counters_come_back(
    robot: Callable[..., Any], show: Callable[[str], None], open_page: Callable[..., Any]
) -> None:
    page = open_page(robot("face").url)
    page.get_by_role("link", name="Record").click()
    happy, takes = page.get_by_test_id("hold-happy"), page.get_by_test_id("take")
    expect(happy).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_test_id("face").first).to_be_visible()

    page.get_by_label("Who").fill("Kim")
    happy.focus()
    page.keyboard.down("4")
    expect(happy).not_to_have_attribute("data-count", "0")
    page.keyboard.up("4")
    expect(takes).to_have_count(1)
    count = happy.get_attribute("data-count")
    takes.first.get_by_test_id("discard").click()
    expect(takes).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    expect(takes).to_have_count(1)
    expect(happy).to_have_attribute("data-count", count)

    # The next person begins at once, and there are two ways back.
    for way in ("undo", "person-before"):
        page.get_by_test_id("next-person").click()
        expect(happy).to_have_attribute("data-count", "0")
        expect(page.get_by_label("Who")).to_have_value("")
        expect(takes).to_have_count(0)
        page.get_by_test_id(way).last.click()
        expect(happy).to_have_attribute("data-count", count)
        expect(page.get_by_label("Who")).to_have_value("Kim")
        expect(takes).to_have_count(1)
    expect(page.get_by_test_id("person-before")).to_have_count(0)
