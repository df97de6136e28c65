"""A phone: its layout, its touch, and its camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TABS = ("watch", "record", "train", "models", "emoticons", "camera")
Make = Callable[..., Any]


def test_everything_fits(robot: Make, open_page: Make) -> None:
    page = open_page(robot("sample").url, **PHONE, locale="ko-KR", color_scheme="dark")
    expect(page.get_by_test_id("face").first).to_be_visible()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "ko",
        page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"),
    ]
    for tab in TABS:
        page.evaluate(f"location.hash = '{tab}'")
        expect(page.locator(f"main.{tab}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab
        navigation = page.locator("nav").bounding_box()
        assert navigation["y"] + navigation["height"] == pytest.approx(844, abs=1), tab
        unnamed = page.eval_on_selector_all(
            "button, a, input, select",
            "all => all.filter(e => !(e.ariaLabel || e.innerText || e.labels?.length)).map(e => e.outerHTML)",
        )
        assert not unnamed, tab


@pytest.mark.only_chromium("touches go through its protocol")
def test_a_finger_holds_a_button(robot: Make, open_page: Make, turn: Make) -> None:
    page = open_page(robot("sample").url + "#record", **PHONE, locale="ko-KR")
    button = page.get_by_test_id("hold-surprise")
    expect(button).to_have_attribute("aria-disabled", "false")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).not_to_have_attribute("data-count", "0")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_test_id("take")).to_have_count(1)
    page.get_by_test_id("add-label").tap()
    dialog = page.locator("dialog")
    dialog.get_by_role("textbox").fill("one, two")
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("쉼표")  # comma
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # Held sideways, the picture is beside the buttons; a screen reader clicks without pressing, which begins and ends.
    turn(page, {"width": 844, "height": 390})
    page.evaluate("scrollTo(0, 0)")
    for label in ("angry", "neutral"):
        box = page.get_by_test_id(f"hold-{label}").bounding_box()
        assert min(box["width"], box["height"]) >= 44 and 0 < box["y"] < 390 - box["height"], box
    button.evaluate("button => button.click()")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.evaluate("button => button.click()")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.get_by_test_id("language").click()
    expect(page.get_by_role("link", name="Record")).to_be_visible()
    page.evaluate("location.hash = 'watch'")
    expect(page.locator("main.watch")).to_be_visible()
    face, tag = page.get_by_test_id("face").first, page.locator(".face .tag").first
    expect(face).to_be_visible()
    assert tag.bounding_box()["height"] < 60


def test_the_camera_of_a_browser_is_the_camera_of_the_robot(
    robot: Make, open_page: Make, mute: Callable[..., None]
) -> None:
    first = robot("browser")
    url = first.url
    refused = open_page(f"{url}#camera", **PHONE)
    refused.get_by_test_id("camera-start").click()
    expect(refused.get_by_test_id("camera-trouble")).to_contain_text("permission")

    # Started while the robot is away: it sends as soon as that is there.
    phone = open_page(f"{url}#camera", **PHONE, permissions=["camera"])
    expect(phone.get_by_test_id("link")).to_have_attribute("data-state", "connected")
    first.kill()
    expect(phone.get_by_test_id("lost")).to_be_visible()
    phone.get_by_test_id("camera-start").click()
    expect(phone.get_by_test_id("camera-stop")).to_be_visible()
    expect(phone.get_by_test_id("camera-sending")).to_have_count(0)
    robot("browser", port=first.port)
    expect(phone.get_by_test_id("camera-sending")).to_be_visible()
    screen = open_page(url)
    expect(screen.get_by_test_id("face").first).to_be_visible()
    mute(phone, True)
    expect(phone.get_by_test_id("camera-trouble")).to_contain_text("sends no pictures")
    mute(phone, False)
    expect(phone.get_by_test_id("camera-trouble")).to_have_count(0)
    # It goes on while the phone looks at another page, and ends when it is told to.
    phone.get_by_role("link", name="Watch").click()
    expect(phone.get_by_test_id("face").first).to_be_visible()
    phone.get_by_role("link", name="Camera", exact=True).click()
    phone.get_by_test_id("camera-stop").click()
    expect(phone.get_by_test_id("camera-start")).to_be_visible()
    expect(screen.get_by_test_id("obstacle")).to_be_visible()


def test_a_robot_with_a_camera_of_its_own_says_so(robot: Make, open_page: Make) -> None:
    page = open_page(robot("sample").url + "#camera", permissions=["camera"])
    page.get_by_test_id("camera-start").click()
    expect(page.get_by_test_id("camera-trouble")).to_contain_text("--source auto")
