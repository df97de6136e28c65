"""Pictures one by one, labels of one's own, and files: seen, moved, and brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from fer_ros.core.base import registry

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

#: Notes each count and state of a button, from now on.
WATCH = """(label) => {
    const button = document.querySelector(`[data-testid="hold-${label}"]`);
    const note = () => window.seen.push([Number(button.dataset.count), button.dataset.state]);
    window.seen = [];
    note();
    new MutationObserver(note).observe(button, { attributes: true, attributeFilter: ["data-count", "data-state"] });
}"""
#: Drops a file on an element.
DROP = """([selector, name, type, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    document.querySelector(selector).dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def _count(page: Any, label: str) -> int:
    return int(page.get_by_test_id(f"hold-{label}").get_attribute("data-count"))


def _ready(page: Any) -> None:
    page.get_by_role("link", name="Record").click()
    expect(page.get_by_test_id("hold-angry")).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_test_id("face").first).to_be_visible()


def _hold(page: Any, label: str, least: int) -> int:
    """Hold a button until there are so many more; gives the count then."""
    button = page.get_by_test_id(f"hold-{label}")
    button.hover()
    before = _count(page, label)
    takes = page.get_by_test_id("take").count()
    page.mouse.down()
    page.wait_for_function(
        "([label, least]) => document.querySelector(`[data-testid='hold-${label}']`).dataset.count >= least",
        arg=[label, before + least],
    )
    page.mouse.up()
    expect(page.get_by_test_id("take")).to_have_count(takes + 1)
    expect(button).to_have_attribute("data-state", "idle")
    return _count(page, label)


def _face() -> np.ndarray[Any, Any]:
    plugin = registry.load("sources", "face")
    source = plugin(plugin.Settings(expression="happy", fps=0.0))
    source.open()
    image: np.ndarray[Any, Any] = source.read(5.0).image
    source.close()
    return image


def test_a_counter_only_rises_and_a_button_says_when_it_really_records(
    robot: Callable[..., Any], show: Callable[[str], None], open_page: Callable[..., Any]
) -> None:
    page = open_page(robot("face").url)
    _ready(page)
    page.evaluate(WATCH, "happy")
    for _ in range(3):
        _hold(page, "happy", 8)
    seen = page.evaluate("window.seen")
    counts = [count for count, _ in seen]
    assert counts == sorted(counts) and counts[-1] >= 24
    states = [state for state, before in zip((s for _, s in seen[1:]), (s for _, s in seen), strict=False)
              if state != before]  # fmt: skip
    assert states == ["starting", "recording", "idle"] * 3
    # Nothing was counted while it only started.
    assert all(seen[i][0] == seen[i - 1][0] for i in range(1, len(seen)) if seen[i][1] == "starting")


def test_single_pictures_are_deleted_moved_and_brought_back(
    robot: Callable[..., Any], show: Callable[[str], None], open_page: Callable[..., Any]
) -> None:
    page = open_page(robot("face").url)
    _ready(page)
    count = _hold(page, "happy", 12)
    happy, sad = page.get_by_test_id("hold-happy"), page.get_by_test_id("hold-sad")
    page.get_by_test_id("show-happy").click()
    tiles = page.get_by_test_id("sample")
    expect(tiles).to_have_count(count)
    expect(tiles.first.locator("img")).to_be_visible()

    tiles.nth(1).click()
    tiles.nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_test_id("delete-samples").click()
    expect(tiles).to_have_count(count - 3)
    expect(happy).to_have_attribute("data-count", str(count - 3))
    page.get_by_test_id("undo").last.click()
    expect(tiles).to_have_count(count)
    expect(happy).to_have_attribute("data-count", str(count))

    # By keys alone.
    page.get_by_test_id("grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_test_id("move-samples").select_option("sad")
    expect(sad).to_have_attribute("data-count", "2")
    expect(happy).to_have_attribute("data-count", str(count - 2))
    page.get_by_test_id("undo").last.click()
    expect(sad).to_have_attribute("data-count", "0")
    expect(tiles).to_have_count(count)
    page.get_by_test_id("grid").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(happy).to_have_attribute("data-count", "0")
    expect(page.get_by_test_id("take")).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    expect(happy).to_have_attribute("data-count", str(count))


def test_a_label_of_ones_own_is_renamed_removed_and_nobody_elses(
    robot: Callable[..., Any], show: Callable[[str], None], open_page: Callable[..., Any]
) -> None:
    url = robot("face").url
    page, other = open_page(url), open_page(url)
    _ready(page)
    _ready(other)
    page.get_by_test_id("add-label").click()
    page.get_by_role("textbox", name="Name").fill("joy")
    page.get_by_test_id("save-label").click()
    expect(page.get_by_test_id("refused")).to_contain_text("Happy")
    long = "raising one eyebrow while the other one stays where it was"
    page.get_by_role("textbox", name="Name").fill(long)
    page.get_by_test_id("save-label").click()
    expect(page.get_by_test_id(f"hold-{long}")).to_have_attribute("title", long)
    count = _hold(page, long, 5)
    expect(page.locator(".progress-words")).to_have_text("0 of 8 have enough")
    expect(other.get_by_test_id(f"hold-{long}")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id(f"hold-{long}")).to_have_attribute("data-count", str(count))

    page.get_by_test_id(f"show-{long}").click()
    page.get_by_test_id("rename-label").click()
    page.get_by_role("textbox", name="Name").fill("eyebrow")
    page.get_by_test_id("save-label").click()
    eyebrow = page.get_by_test_id("hold-eyebrow")
    expect(eyebrow).to_have_attribute("data-count", str(count))
    expect(page.get_by_test_id(f"hold-{long}")).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    expect(page.get_by_test_id(f"hold-{long}")).to_have_attribute("data-count", str(count))
    expect(eyebrow).to_have_count(0)

    page.get_by_test_id(f"show-{long}").click()
    page.get_by_role("switch", name="Learn it").click(force=True)
    expect(page.locator(".progress-words")).to_have_text("0 of 7 have enough")
    place = page.evaluate("[...document.querySelectorAll('.hold')].findIndex((b) => b.title.startsWith('raising'))")
    page.get_by_role("button", name="Move forward").click()
    page.wait_for_function(
        "(at) => [...document.querySelectorAll('.hold')].findIndex((b) => b.title.startsWith('raising')) === at",
        arg=place - 1,
    )
    page.get_by_test_id("remove-label").click()
    expect(page.get_by_test_id(f"hold-{long}")).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    expect(page.get_by_test_id(f"hold-{long}")).to_have_attribute("data-count", str(count))


def test_pictures_and_films_become_samples(
    robot: Callable[..., Any], show: Callable[[str], None], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(robot("face").url)
    _ready(page)
    face = _face()
    cv2.imwrite(str(tmp_path / "face.png"), face)
    cv2.imwrite(str(tmp_path / "wall.jpg"), np.full_like(face, 90))
    (tmp_path / "letter.jpg").write_bytes(b"dear reader")
    size = face.shape[1], face.shape[0]
    film = cv2.VideoWriter(str(tmp_path / "film.webm"), cv2.VideoWriter_fourcc(*"VP80"), 20, size)
    assert film.isOpened()
    for _ in range(40):
        film.write(face)
    film.release()

    happy = page.get_by_test_id("hold-happy")
    page.get_by_test_id("show-happy").click()
    page.get_by_test_id("add-files-input").set_input_files(
        [tmp_path / name for name in ("face.png", "wall.jpg", "letter.jpg")]
    )
    said = page.get_by_text("1 picture added")
    expect(said).to_contain_text("1 without a face.")
    expect(said).to_contain_text("1 file could not be read.")
    expect(happy).to_have_attribute("data-count", "1")
    tile = page.get_by_test_id("sample").first.locator("img")
    expect(tile).to_be_visible()
    page.get_by_test_id("undo").last.click()
    expect(happy).to_have_attribute("data-count", "0")

    # A film that is dropped on a button: some pictures a second of it.
    face_bytes = list((tmp_path / "face.png").read_bytes())
    film_bytes = list((tmp_path / "film.webm").read_bytes())
    page.evaluate(DROP, ['[data-testid="hold-sad"]', "film.webm", "video/webm", film_bytes])
    # What is dropped meanwhile comes next.
    page.evaluate(DROP, ['[data-testid="hold-angry"]', "face.png", "image/png", face_bytes])
    page.wait_for_function("() => document.querySelector('[data-testid=\"hold-sad\"]').dataset.count >= 6")
    expect(page.get_by_test_id("hold-angry")).to_have_attribute("data-count", "1")
    expect(page.get_by_test_id("add-files")).to_have_text("Add pictures or films")
    assert _count(page, "sad") <= 9
    # One that misses a button is only looked at, and the page stays.
    page.evaluate(DROP, ["h2", "face.png", "image/png", face_bytes])
    expect(page.get_by_test_id("tried").first).to_be_visible()
    expect(happy).to_have_attribute("data-count", "0")
