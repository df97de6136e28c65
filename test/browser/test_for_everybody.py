"""The page without colours, on small screens, in Korean, by keyboard, behind a slow link, and for a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 60_000
TABS = ("watch", "record", "train", "models", "emoticons", "camera")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
Make = Callable[..., Any]
#: Of elements that match: how the system's forced colours leave their background.
BACKGROUNDS = "all => all.map(element => getComputedStyle(element).backgroundColor)"

#: Of elements that match: background and text.
COLOURS = """all => all.map(element => {
    const { backgroundColor, color } = getComputedStyle(element);
    return [backgroundColor, color];
})"""
SYSTEM = """name => {
    const one = document.body.appendChild(document.createElement("i"));
    one.style = `forced-color-adjust: none; color: ${name}`;
    const { color } = getComputedStyle(one);
    one.remove();
    return color;
}"""


def _hears(page: Any, kind: str, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Load the page anew, with fields of each message of a kind changed on the wire."""

    def connect(socket: Any) -> None:
        server = socket.connect_to_server()

        def hear(message: Any) -> None:
            if isinstance(message, str) and (told := json.loads(message))["type"] == kind:
                message = json.dumps({**told, **changed(told)})
            socket.send(message)

        server.on_message(hear)

    page.route_web_socket("**/ws", connect)
    page.reload()


def _go(page: Any, tab: str) -> None:
    page.evaluate(f"location.hash = '{tab}'")
    expect(page.locator(f"main.{tab}")).to_be_visible()


@pytest.mark.only_chromium("it cannot force colours")
def test_what_colour_told_is_told_by_shape_and_place_too(robot: Make, open_page: Make) -> None:
    first = robot("sample")
    page = open_page(first.url, forced_colors="active")
    expect(page.get_by_test_id("face").first).to_be_visible()
    expect(page.locator(".bars .best .value")).not_to_have_text("–")
    (bar,) = page.locator(".bars .best .bar").evaluate_all(BACKGROUNDS)
    (fill,) = page.locator(".bars .best .fill").evaluate_all(BACKGROUNDS)
    (present,) = page.locator("nav a[aria-current]").evaluate_all(BACKGROUNDS)
    others = page.locator("nav a:not([aria-current])").evaluate_all(BACKGROUNDS)
    assert bar != fill and present not in others
    stages = page.locator(".stages .line span").evaluate_all(BACKGROUNDS)
    assert len(set(stages)) == len(stages) == 4
    _go(page, "record")
    track = page.locator(".switch .track")
    (off,) = track.evaluate_all(BACKGROUNDS)
    page.locator(".switch").click()
    (on,) = track.evaluate_all(BACKGROUNDS)
    assert on != off
    _go(page, "train")
    (chosen,) = page.locator(".segments label.chosen").first.evaluate_all(BACKGROUNDS)
    assert chosen not in page.locator(".segments label:not(.chosen)").evaluate_all(BACKGROUNDS)
    _go(page, "emoticons")
    keyboard = page.get_by_test_id("keyboard")
    (raised,) = keyboard.evaluate_all(COLOURS)
    keyboard.click()
    expect(keyboard).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("message")).to_be_visible()
    page.mouse.move(0, 0)
    (pressed,) = keyboard.evaluate_all(COLOURS)
    assert pressed[0] != raised[0] and pressed[1] == page.evaluate(SYSTEM, "HighlightText")
    # A lost connection has a sign of its own, also where its word has no room.
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".status.connected .dot")).to_be_visible()
    first.kill()
    expect(page.locator(".status.lost svg")).to_be_visible()


def test_small_screens_hold_everything_in_a_sensible_order(robot: Make, open_page: Make) -> None:
    url = robot("sample").url
    for language, size in (("en-US", (640, 360)), ("ko-KR", (640, 360)), ("en-US", (320, 640))):
        page = open_page(url, locale=language, viewport={"width": size[0], "height": size[1]}, has_touch=True)
        expect(page.get_by_test_id("face").first).to_be_visible()
        for tab in TABS:
            _go(page, tab)
            widths = page.evaluate("[document.documentElement, document.querySelector('.top')].map(e => e.scrollWidth)")
            assert max(widths) <= size[0], (language, size, tab, widths)
        inside = page.eval_on_selector_all(
            ".top .tools > *", "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
        )
        assert inside, (language, size)
    _go(page, "record")
    who, first = page.get_by_label("Who").bounding_box(), page.get_by_test_id("hold-angry").bounding_box()
    assert who["y"] < first["y"]


def test_an_old_picture_says_its_age(robot: Make, open_page: Make) -> None:
    """As behind a slow link: the page hears that its clock is five seconds further than it is."""
    page = open_page(robot("sample").url)
    expect(page.get_by_test_id("face").first).to_be_visible()
    expect(page.get_by_test_id("late")).to_have_count(0)

    _hears(page, "clock.ping", lambda told: {"offset": (told["offset"] or 0.0) - 5000})
    expect(page.get_by_test_id("late")).to_contain_text("5 seconds old")


def test_who_it_is_stands_beside_the_expression(robot: Make, open_page: Make) -> None:
    """As of a model that knows people: the page hears names beside what the robot reads."""
    name = "Kim " + "Wolfeschlegelsteinhausenbergerdorff" * 2
    page = open_page(robot("sample").url, viewport={"width": 390, "height": 844})
    expect(page.get_by_test_id("face").first).to_be_visible()
    expect(page.get_by_test_id("who")).to_have_count(0)

    def named(told: dict[str, Any]) -> dict[str, Any]:
        assert all(face["subject"] == "" for face in told["faces"])
        return {"faces": [{**face, "subject": name} for face in told["faces"]]}

    _hears(page, "emotions", named)
    expect(page.get_by_test_id("who")).to_have_text(name)
    expect(page.locator(".face .name").first).to_contain_text(f"{name} · ")
    # However long: nothing is wider than the phone, and the tag stays one line.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".face .tag").first.bounding_box()["height"] < 40


def test_digits_hold_the_buttons_wherever_the_focus_is(robot: Make, open_page: Make) -> None:
    page = open_page(robot("sample").url + "#record")
    third = page.locator(".hold").nth(2)
    expect(third).to_have_attribute("aria-disabled", "false")
    page.get_by_text("Tap instead of hold").click()
    for pressed in ("true", "false"):
        page.keyboard.press("3")
        expect(third).to_have_attribute("aria-pressed", pressed)
    page.get_by_role("textbox").first.click()
    page.keyboard.press("3")
    expect(page.get_by_role("textbox").first).to_have_value("3")
    expect(third).to_have_attribute("aria-pressed", "false")


@pytest.mark.only_chromium("it measures no layout shift")
def test_the_picture_and_the_buttons_stay_where_they_are(robot: Make, open_page: Make) -> None:
    page = open_page("about:blank")
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver(list => list.getEntries().forEach(entry =>"
        " entry.hadRecentInput || shifts.push([entry.value, location.hash, ...entry.sources.map(s =>"
        " s.node?.className ?? s.node?.nodeName)]))).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(robot("sample").url)
    expect(page.get_by_test_id("face").first).to_be_visible()
    for tab in (*TABS, "watch"):
        _go(page, tab)
        page.wait_for_timeout(500)
    shifts = page.evaluate("shifts")
    assert sum(shift[0] for shift in shifts) < 0.1, shifts


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
def test_no_rule_of_accessibility_is_broken(robot: Make, open_page: Make, language: str) -> None:
    if not AXE.is_file():
        pytest.skip("no web/node_modules/axe-core: `make dashboard` fetches it")
    page = open_page(robot("sample").url, locale=language)
    page.add_init_script(path=str(AXE))  # a tag would be against the page's own rules
    page.reload()
    expect(page.get_by_test_id("face").first).to_be_visible()
    for tab in TABS:
        _go(page, tab)
        page.wait_for_timeout(300)  # what appears has become opaque
        found = page.evaluate(
            "axe.run(document, {rules: {'label-content-name-mismatch': {enabled: true}}}).then(result =>"
            " result.violations.flatMap(rule => rule.nodes.map(node => [rule.id, node.html.slice(0, 160)])))"
        )
        assert not found, (tab, found)


def test_a_stranger_sees_their_own_and_a_refusal_speaks_their_language(
    robot: Make, record_two: Callable[[Any], None], open_page: Make
) -> None:
    url = robot("face").url
    page = open_page(url + "#record", locale="ko-KR")
    record_two(page)
    _go(page, "train")
    page.get_by_test_id("advanced").locator("summary").click()
    page.get_by_label("모델 이름").fill("kim")
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("advice")).to_be_visible()
    page.get_by_test_id("hood").locator("summary").click()
    expect(page.get_by_test_id("hood").locator("tbody tr").first).to_be_visible()

    stranger = open_page(url + "#train")
    expect(stranger.get_by_test_id("nothing")).to_be_visible()
    expect(stranger.get_by_test_id("others-result")).to_contain_text("kim")
    expect(stranger.get_by_test_id("result")).not_to_be_visible()
    stranger.get_by_text("all recordings").click()
    expect(stranger.locator(".material li")).to_have_count(2)
    expect(stranger.get_by_test_id("train")).to_be_enabled()

    page.bring_to_front()
    # The name is taken: said in Korean, without the node's English.
    _go(page, "train")
    page.get_by_test_id("train").click()
    failed = page.get_by_test_id("failed")
    expect(failed).to_contain_text("이미 있습니다")
    assert "fer models" not in failed.inner_text()
    # What had the focus goes away with its row, and the focus stays near.
    _go(page, "models")
    expect(page.get_by_test_id("model-kim")).to_be_visible()
    page.get_by_test_id("model-default").get_by_test_id("use").click()
    delete = page.get_by_test_id("model-kim").get_by_test_id("delete")
    expect(delete).to_be_enabled()
    delete.focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("model-kim")).to_have_count(0)
    page.wait_for_function("document.activeElement !== document.body")
