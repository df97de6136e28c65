"""Files answered by the model before they are added: the same on both pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(300)]

#: Drops files on an element.
DROP = """([selector, files]) => {
    const data = new DataTransfer();
    for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
    document.querySelector(selector).dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""

#: Notes what the page tells while it adds files.
FOLLOW = """() => {
    window.told = [];
    new MutationObserver(() => {
        const words = document.querySelector("[data-testid=adding]")?.textContent;
        if (words && words !== window.told.at(-1)) window.told.push(words);
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def files(drawn: list[Any], tmp_path: Path) -> list[Path]:
    """A happy face, a wall, and a letter."""
    cv2.imwrite(str(tmp_path / "face.png"), drawn[-1])
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((480, 640, 3), 128, np.uint8))
    (tmp_path / "letter.png").write_text("Dear Kim")
    return [tmp_path / name for name in ("face.png", "wall.png", "letter.png")]


def _previewed(page: Any, files: list[Path]) -> None:
    happy = page.get_by_test_id("hold-happy")
    tried = page.get_by_test_id("tried")
    page.get_by_test_id("try-files-input").set_input_files(files)
    expect(tried).to_have_count(3)
    expect(tried.nth(0)).to_contain_text(re.compile(r"[A-Z][a-z]+ \d+"))  # what is read in it
    expect(tried.nth(0).locator("img")).to_be_visible()
    expect(tried.nth(1)).to_contain_text("no face")
    expect(tried.nth(2)).to_contain_text("letter.png cannot be read")
    page.keyboard.press("Escape")
    expect(tried).to_have_count(0)
    expect(happy).to_have_attribute("data-count", "0")  # nothing was added

    # Dropped beside the labels they are looked at, and then added.
    dropped = [[file.name, list(file.read_bytes())] for file in files]
    page.evaluate(DROP, ["main", dropped])
    expect(tried.nth(2)).to_contain_text("cannot be read")
    page.get_by_test_id("tried-label").select_option("happy")
    page.evaluate(FOLLOW)
    page.get_by_test_id("tried-add").click()
    expect(tried).to_have_count(0)
    expect(happy).to_have_attribute("data-count", "1")
    expect(page.locator(".toast").last).to_contain_text("1 picture added")
    # The page told meanwhile that it was at it.
    assert page.evaluate("told[0]") == "Adding… 0"
    page.get_by_test_id("undo").last.click()
    expect(happy).to_have_attribute("data-count", "0")
    # Dropped on a label they are added at once.
    page.evaluate(DROP, ["[data-testid=hold-happy]", dropped[:1]])
    expect(happy).to_have_attribute("data-count", "1")


def test_the_robot_s_page(robot: Callable[..., Any], open_page: Callable[..., Any], files: list[Path]) -> None:
    page = open_page(f"{robot('face').url}#record")
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("aria-disabled", "false")
    _previewed(page, files)


def test_the_page_without_a_server(alone: Callable[..., Any], files: list[Path]) -> None:
    page = alone()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("aria-disabled", "false")
    _previewed(page, files)
