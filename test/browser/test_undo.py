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

    # Nothing is counted yet, so nothing is asked.
    page.get_by_test_id("next-person").click()
    expect(page.get_by_test_id("next-person-yes")).to_have_count(0)

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

    # The next person: it asks, and the answer may be no.
    page.get_by_test_id("next-person").click()
    page.get_by_role("button", name="Cancel").click()
    expect(happy).to_have_attribute("data-count", count)
    page.get_by_test_id("next-person").click()
    page.get_by_test_id("next-person-yes").click()
    expect(happy).to_have_attribute("data-count", "0")
    expect(page.get_by_label("Who")).to_have_value("")
    page.get_by_test_id("undo").last.click()
    expect(happy).to_have_attribute("data-count", count)
    expect(page.get_by_label("Who")).to_have_value("Kim")
    expect(takes).to_have_count(1)
