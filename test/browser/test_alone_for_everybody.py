"""The page that needs no server: without a camera, by keyboard, on small screens, with long names, without colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-browser`")

expect = playwright.expect
#: The browser's answer to the next wish for a camera is `window.refusal`: the name of an error, "wait", or none.
CAMERA = """(() => {
    window.refusal = REFUSAL;
    const { mediaDevices } = navigator;
    const real = mediaDevices?.getUserMedia.bind(mediaDevices);
    if (mediaDevices) mediaDevices.getUserMedia = async (what) => {
        if (window.refusal === "wait") await new Promise(() => undefined);
        if (window.refusal) throw new DOMException("", window.refusal);
        return real(what);
    };
})()"""
#: As where its plug is pulled.
PULL = """() => {
    const [track] = document.querySelector("video").srcObject.getVideoTracks();
    track.stop();
    track.dispatchEvent(new Event("ended"));
}"""
FOCUSED = "document.activeElement.dataset.testid ?? document.activeElement.getAttribute('aria-label')"
LONG = "Extraordinarily flabbergasted and amused"
CHINESE = "非常高兴而且有点惊讶的表情还带着一丝怀疑"
ARABIC = "وجه سعيد جدا ومندهش قليلا من كل شيء هنا"
#: Words of the page's own labels that stand on two lines, and names of which letters are cut at their beginning.
BROKEN = """() => [...document.querySelectorAll(".hold[data-testid] .name")].filter((name) => {
    const range = document.createRange();
    range.selectNodeContents(name.firstChild);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    const { left, right } = name.getBoundingClientRect();
    const { left: first, right: last } = name.closest(".hold").getBoundingClientRect();
    const plain = /^[A-Z][a-z]+$/.test(name.textContent);
    return (plain && lines.size > 1) || left < first || right > last;
}).map((name) => name.textContent)"""
SIZES = [(1280, 800), (844, 390), (640, 360), (640, 400), (390, 844), (320, 640)]


@pytest.fixture
def with_camera(open_page: Callable[..., Any], address: str) -> Callable[[str], Any]:
    """``with_camera(refusal) -> Page``"""

    def with_camera(refusal: str) -> Any:
        page = open_page("about:blank", permissions=["camera"])
        page.add_init_script(CAMERA.replace("REFUSAL", repr(refusal)))
        page.goto(address)
        expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true")
        return page

    return with_camera


@pytest.mark.slow
def test_why_there_is_no_camera_is_said(with_camera: Callable[[str], Any]) -> None:
    for refusal, words in (
        ("NotAllowedError", "no permission"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "used by another program"),
    ):
        page = with_camera(refusal)
        expect(page.get_by_test_id("no-camera")).to_contain_text(words)
        expect(page.locator(".speaking .label")).to_have_text("No camera")
        # As soon as there is one, it is taken: by a tap, or by itself where it was only away.
        page.evaluate("window.refusal = ''")
        if refusal == "NotAllowedError":
            page.get_by_test_id("no-camera").get_by_role("button").click()
        else:
            page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        expect(page.get_by_test_id("face")).to_be_visible()
    page = with_camera("wait")
    expect(page.locator(".screen").get_by_role("status")).to_contain_text("allow it")


@pytest.mark.slow
def test_a_camera_that_goes_is_missed_and_comes_back_by_itself(
    with_camera: Callable[[str], Any], mute: Callable[..., None]
) -> None:
    page = with_camera("")
    expect(page.get_by_test_id("face")).to_be_visible()
    page.evaluate("window.refusal = 'NotFoundError'")
    page.evaluate(PULL)
    expect(page.get_by_test_id("no-camera")).to_contain_text("taken away")
    expect(page.get_by_test_id("face")).to_have_count(0)
    expect(page.locator(".bars .best")).to_have_count(0)
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.get_by_test_id("no-camera")).to_contain_text("No camera was found")
    page.evaluate("window.refusal = ''")
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.get_by_test_id("face")).to_be_visible()
    # One that is switched off stays open, and what is seen is its last picture.
    mute(page, True)
    expect(page.get_by_test_id("no-camera")).to_contain_text("sends no pictures")
    expect(page.get_by_test_id("face")).to_have_count(0)
    mute(page, False)
    expect(page.get_by_test_id("face")).to_be_visible()
    expect(page.get_by_test_id("no-camera")).to_have_count(0)


def _hold(page: Any, key: str, label: str) -> None:
    page.keyboard.down(key)
    expect(page.get_by_test_id(f"hold-{label}")).not_to_have_attribute("data-count", "0")
    page.keyboard.up(key)


def _add(page: Any, label: str) -> None:
    page.get_by_test_id("add-label").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox").fill(label)
    expect(page.locator("dialog [type=submit]")).to_be_enabled()
    page.get_by_role("textbox").press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_the_focus_stays_where_the_work_is(alone: Callable[..., Any], drawn: list[Any], tmp_path: Any) -> None:
    page = alone()
    expect(page.get_by_test_id("face")).to_be_visible()
    for key, label in (("4", "happy"), ("5", "sad")):
        _hold(page, key, label)
    picture = tmp_path / "face.png"
    cv2.imwrite(str(picture), drawn[-1])

    def enter(test_id: str) -> None:
        page.get_by_test_id(test_id).last.focus()
        page.keyboard.press("Enter")

    def focused(*wanted: str) -> None:
        page.wait_for_function(f"wanted => wanted.includes({FOCUSED})", arg=wanted)

    enter("train")
    focused("train")
    expect(page.get_by_test_id("result")).to_be_visible()
    focused("train")
    enter("forget")
    expect(page.get_by_test_id("forget")).to_have_count(0)
    focused("train")
    _add(page, "winking")
    focused("add-label")
    enter("try-files")
    page.get_by_test_id("try-files-input").set_input_files(str(picture))
    expect(page.get_by_test_id("tried")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("tried")).to_have_count(0)
    focused("try-files")
    page.get_by_test_id("try-files-input").set_input_files(str(picture))
    page.get_by_test_id("tried-label").select_option("fear")
    enter("tried-add")
    expect(page.get_by_test_id("hold-fear")).to_have_attribute("data-count", "1")
    focused("try-files")
    enter("undo")
    expect(page.get_by_test_id("hold-fear")).to_have_attribute("data-count", "0")
    focused("try-files")
    enter("remove-all")
    expect(page.get_by_test_id("remove-all")).to_have_count(0)
    focused("open")
    enter("undo")
    expect(page.get_by_test_id("remove-all")).to_be_visible()
    focused("open")


@pytest.mark.slow
def test_names_of_any_length_and_script_have_room(alone: Callable[..., Any]) -> None:
    page = alone(viewport={"width": 1280, "height": 800})
    expect(page.get_by_test_id("face")).to_be_visible()
    for key, label in (("2", "disgust"), ("6", "surprise"), ("7", "neutral")):
        _hold(page, key, label)
    for label in (LONG, CHINESE, ARABIC):
        _add(page, label)
    _hold(page, "8", LONG)
    _hold(page, "9", CHINESE)
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible()
    expect(page.locator(".bars .name", has_text=LONG)).to_have_attribute("title", LONG)
    expect(page.locator(".bars .name", has_text=CHINESE)).to_have_attribute("dir", "auto")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "([width, height]) => innerWidth === width && innerHeight === height", arg=[width, height]
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, height)
        assert page.evaluate(BROKEN) == [], (width, height)
        # The keyboard fits, with what is tapped on it.
        page.get_by_test_id("keyboard").click()
        expect(page.get_by_test_id("message")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight") <= height, (width, height)
        page.get_by_test_id("keyboard").click()
        expect(page.get_by_test_id("message")).to_have_count(0)


@pytest.mark.slow
def test_that_nothing_leaves_is_told_on_a_phone_too(alone: Callable[..., Any]) -> None:
    page = alone(viewport={"width": 390, "height": 844})
    private = page.locator(".status.private")
    expect(private.get_by_text("Private", exact=True)).to_be_visible()
    expect(private).to_have_attribute("title", "Nothing leaves this browser")
    assert "Nothing leaves this browser" in private.aria_snapshot()


@pytest.mark.slow
@pytest.mark.only_chromium("its pictures of the screen need a style that the page forbids")
def test_signs_among_words_have_colours(alone: Callable[..., Any]) -> None:
    page = alone()
    expect(page.get_by_test_id("face")).to_be_visible()
    page.get_by_test_id("copy").click()
    picture = page.get_by_test_id("toast").locator("span").first.screenshot()
    seen = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).reshape(-1, 3).astype(int)
    assert (seen.max(axis=1) - seen.min(axis=1)).max() > 100


@pytest.mark.slow
@pytest.mark.only_chromium("it cannot force colours")
def test_what_lies_on_a_held_button_is_seen_in_forced_colours(alone: Callable[..., Any]) -> None:
    page = alone(forced_colors="active")
    expect(page.get_by_test_id("face")).to_be_visible()
    _hold(page, "4", "happy")
    page.keyboard.down("4")
    happy = page.get_by_test_id("hold-happy")
    expect(happy).to_have_attribute("aria-pressed", "true")
    colour = "element => getComputedStyle(element).color"
    wanted = happy.evaluate(colour)
    for one in (happy.locator("kbd"), happy.locator(".number")):
        assert one.evaluate(colour) == wanted
    page.keyboard.up("4")
