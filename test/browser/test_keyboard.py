"""The robot's page as a keyboard on a phone: a message under the thumb, copied, shared, and a photograph shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from fer_ros.core.base.paths import share_dir

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
#: Chromium on Linux shares nothing: what a phone would get is noted.
SHARES = """() => {
    window.shared = [];
    navigator.canShare = () => true;
    navigator.share = async (what) => window.shared.push(what);
}"""


def test_taps_gather_a_message(
    robot: Callable[..., Any], open_page: Callable[..., Any], tap: Callable[[Any], None]
) -> None:
    table = yaml.safe_load((share_dir() / "config" / "emoticons.yaml").read_text())
    page = open_page(robot("face").url, permissions=["clipboard-read", "clipboard-write"], **PHONE)
    page.evaluate(SHARES)
    page.evaluate("location.hash = 'emoticons'")
    tap(page.get_by_test_id("keyboard"))
    expect(page.get_by_test_id("emoticon")).to_be_enabled()
    tap(page.get_by_test_id("emoticon"))
    expect(page.get_by_test_id("message")).not_to_have_value("")
    first = page.get_by_test_id("message").input_value()
    tap(page.get_by_test_id("candidates").get_by_role("button").first)
    expect(page.get_by_test_id("message")).not_to_have_value(first)
    message = page.get_by_test_id("message").input_value()
    assert first in {row[0] for row in table.values()} and message.startswith(first)
    assert message.removeprefix(first) in {row[1] for row in table.values()}
    expect(page.get_by_test_id("copied")).to_have_text("copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == message
    tap(page.get_by_test_id("share-message"))
    tap(page.get_by_test_id("save-photo"))
    page.wait_for_function("() => window.shared.length === 2")
    text, photo = page.evaluate(
        "() => window.shared.map(({text, files}) => text ?? [files[0].type, files[0].size > 10000])"
    )
    assert text == message and photo == ["image/png", True]
    # All of it is in sight, above the navigation, and nothing is wider than the phone.
    card, navigation = page.locator(".speaking").bounding_box(), page.locator("nav").bounding_box()
    assert card["y"] + card["height"] <= navigation["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Held sideways, too: the message stands beside it then.
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function("document.documentElement.scrollHeight <= innerHeight && innerHeight === 390")
    tap(page.get_by_test_id("keyboard"))
    expect(page.get_by_test_id("message")).to_have_count(0)
