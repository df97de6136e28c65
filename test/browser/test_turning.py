"""A phone that is turned: what the person was looking at stays on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(300)]

UPRIGHT, SIDEWAYS = {"width": 390, "height": 844}, {"width": 844, "height": 390}
PHONE = {"viewport": UPRIGHT, "has_touch": True, "is_mobile": True}
#: Puts an element where one looks; resolves when the page has seen that it was scrolled.
LOOK = """(element, down) => new Promise(done => {
    document.addEventListener("scroll", () => requestAnimationFrame(done), { once: true });
    const { top, height } = element.getBoundingClientRect();
    scrollBy({ top: top + height / 2 - down * innerHeight, behavior: "instant" });
})"""
PLACE = "element => [scrollY, element.getBoundingClientRect().top, element.getBoundingClientRect().bottom]"


def _stays(turn: Callable[..., None], page: Any, seen: Any, down: float) -> None:
    turn(page, UPRIGHT)
    seen.evaluate(LOOK, down)
    before = seen.evaluate(PLACE)
    assert before[0] > 0
    for _ in range(2):
        turn(page, SIDEWAYS)
        _, top, bottom = seen.evaluate(PLACE)
        assert 48 <= top < bottom <= 390, (top, bottom)
        turn(page, UPRIGHT)
        assert seen.evaluate(PLACE)[1:] == pytest.approx(before[1:], abs=2)  # what is above may have grown


@pytest.mark.parametrize(
    ("tab", "seen"),
    [("emoticons", ".gallery dl > div:nth-child(5)"), ("record", ".samples .chips")],
)
def test_the_robot_s_page(
    robot: Callable[..., Any], open_page: Callable[..., Any], turn: Callable[..., None], tab: str, seen: str
) -> None:
    page = open_page(f"{robot('sample').url}#{tab}", **PHONE)
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "connected")
    expect(page.locator(seen).last).to_be_visible()
    _stays(turn, page, page.locator(seen).last, 0.35)


def test_what_comes_late_is_seen_too(robot: Callable[..., Any], open_page: Callable[..., Any], turn: Any) -> None:
    """Something grows above while nothing is scrolled: what is on the screen then is what one looks at."""
    page = open_page(f"{robot('sample').url}#emoticons", **PHONE)
    seen = page.locator(".gallery dl > div")
    expect(seen.last).to_be_visible()
    seen.nth(4).evaluate(LOOK, 0.35)
    page.evaluate("document.documentElement.style.overflowAnchor = 'none'")
    page.evaluate("document.querySelector('.gallery').style.paddingTop = '100px'")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    place = seen.nth(4).evaluate(PLACE)
    turn(page, SIDEWAYS)
    turn(page, UPRIGHT)
    assert seen.nth(4).evaluate(PLACE) == pytest.approx(place, abs=2)


@pytest.mark.parametrize("seen", ["train", "hold-neutral", "add-label"])
def test_the_page_without_a_server(alone: Callable[..., Any], turn: Callable[..., None], seen: str) -> None:
    page = alone(**PHONE)
    expect(page.get_by_test_id("face")).to_be_visible()
    # Above, the picture stays in its place.
    _stays(turn, page, page.get_by_test_id(seen), 0.5)
