"""Teach with the defaults, see what can be claimed, correct a reading, and take that back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 60_000


def test_the_claim_is_shown_and_a_reading_is_corrected(
    robot: Callable[..., Any], record_two: Callable[[Any], None], open_page: Callable[..., Any]
) -> None:
    page = open_page(robot("face").url)
    page.get_by_role("link", name="Record").click()
    record_two(page)
    page.get_by_role("link", name="Train").click()
    page.get_by_test_id("train").click()
    result = page.get_by_test_id("result")
    expect(result).to_be_visible(timeout=PATIENCE)
    # Figures with what they were counted on, in whole per cent; no empty curve.
    expect(page.get_by_test_id("accuracy")).to_contain_text("about")
    expect(page.get_by_test_id("accuracy-range")).to_contain_text("pictures")
    assert "." not in page.get_by_test_id("accuracy-range").inner_text()
    expect(page.get_by_test_id("each").locator("li")).to_have_count(2)
    expect(page.get_by_role("img", name="Loss")).to_have_count(0)
    taught = page.get_by_label("New: personal-").get_attribute("value")

    page.get_by_role("link", name="Watch").click()
    expect(page.get_by_test_id("now")).to_have_attribute("data-label", "surprise")
    # Why: the taught pictures most like this face, and none of those that are deleted.
    page.get_by_test_id("alike").locator("summary").click()
    alike = page.get_by_test_id("alike-sample")
    expect(alike.first).to_have_attribute("data-label", "surprise")
    expect(alike.first.locator("img")).to_be_visible()
    assert 2 <= alike.count() <= 5
    page.get_by_role("link", name="Record").click()
    page.get_by_role("button", name=re.compile("Delete take .*Surprise")).click()
    page.get_by_role("link", name="Watch").click()
    page.get_by_test_id("alike").locator("summary").click()
    expect(alike.first).to_have_attribute("data-label", "happy")
    assert {one.get_attribute("data-label") for one in alike.all()} == {"happy"}
    page.get_by_test_id("undo").last.click()
    expect(alike.first).to_have_attribute("data-label", "surprise")

    page.get_by_test_id("correct").click()
    page.get_by_test_id("correct-sad").click()
    expect(page.get_by_text("Sad:").first).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(page.get_by_text("the model from before is in use")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_test_id(f"model-{taught}").get_by_text("in use", exact=True)).to_be_visible()
