"""The page that needs no server: pictures one by one, labels of one's own, and buttons that say what they do."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

import fer_ros

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = """axe.run(document, {rules: {'label-content-name-mismatch': {enabled: true}}}).then(({violations}) =>
    violations.flatMap(rule => rule.nodes.map(node => [rule.id, node.html.slice(0, 160)])))"""
LABELS = "() => [...document.querySelectorAll('.hold:not(.add)')].map((button) => button.title)"


def _count(page: Any, label: str, count: int) -> None:
    expect(page.get_by_test_id(f"hold-{label}")).to_have_attribute("data-count", str(count))


@pytest.fixture
def photos(drawn: list[Any], tmp_path: Path) -> list[Path]:
    """Six pictures of the drawn face."""
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for path, picture in zip(paths, drawn, strict=False):
        cv2.imwrite(str(path), picture)
    return paths


@pytest.fixture
def filled(alone: Callable[..., Any], photos: list[Path]) -> Callable[..., Any]:
    """``filled(label) -> Page``: the page with those pictures under a label, whose grid is shown."""

    def filled(label: str = "happy") -> Any:
        page = alone()
        _filled(page, label, photos)
        return page

    return filled


def _filled(page: Any, label: str, photos: list[Path]) -> None:
    page.get_by_test_id(f"show-{label}").click()
    page.get_by_test_id("add-files-input").set_input_files(photos)
    _count(page, label, len(photos))
    expect(page.get_by_test_id("sample")).to_have_count(len(photos))


def _named(page: Any, name: str) -> None:
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_test_id("save-label").click()


def test_pictures_are_selected_deleted_moved_and_brought_back(filled: Callable[..., Any]) -> None:
    page = filled()
    tiles = page.get_by_test_id("sample")
    expect(tiles.first.locator("img")).to_be_visible()
    tiles.nth(1).click()
    tiles.nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_test_id("delete-samples").click()
    expect(tiles).to_have_count(3)
    _count(page, "happy", 3)
    # The way back can be clicked while the grid is open.
    page.get_by_test_id("undo").last.click()
    expect(tiles).to_have_count(6)
    expect(tiles.nth(2).locator("img")).to_be_visible()

    # By keys alone.
    page.get_by_test_id("grid").focus()
    for key in ("Home", "Space", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.get_by_test_id("move-samples").select_option("sad")
    _count(page, "sad", 2)
    _count(page, "happy", 4)
    page.get_by_test_id("undo").last.click()
    _count(page, "sad", 0)
    expect(tiles).to_have_count(6)
    page.get_by_test_id("grid").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    _count(page, "happy", 0)
    expect(page.get_by_text("No pictures yet")).to_be_visible()
    page.get_by_test_id("undo").last.click()
    _count(page, "happy", 6)
    # What is kept is what is seen.
    page.reload()
    _count(page, "happy", 6)


def test_labels_are_named_once_renamed_ordered_switched_off_and_removed(
    alone: Callable[..., Any], photos: list[Path]
) -> None:
    page = alone()
    # Happy is there, however it is written.
    for name in ("Happy", "joy", "기쁨", " HAPPY"):
        page.get_by_test_id("add-label").click()
        _named(page, name)
        expect(page.get_by_test_id("refused")).to_contain_text("“Happy” is there already.")
        page.keyboard.press("Escape")
    page.get_by_test_id("add-label").click()
    expect(page.get_by_test_id("save-label")).to_have_text("Add")
    _named(page, "winkin")
    # Without a picture it is still there after the page is loaded anew, and a slip can be mended.
    page.reload()
    page.get_by_test_id("show-winkin").click()
    page.get_by_test_id("rename-label").click()
    _named(page, "winking")
    expect(page.get_by_test_id("hold-winking")).to_be_visible()
    expect(page.get_by_test_id("hold-winkin")).to_have_count(0)
    page.get_by_test_id("add-files-input").set_input_files(photos)
    _count(page, "winking", 6)
    page.get_by_test_id("rename-label").click()
    _named(page, "one eye")
    _count(page, "one eye", 6)
    page.get_by_test_id("undo").last.click()
    _count(page, "winking", 6)
    expect(page.get_by_test_id("hold-one eye")).to_have_count(0)

    page.get_by_test_id("show-winking").click()
    page.get_by_role("button", name="Move forward").click()
    assert page.evaluate(LABELS)[-2:] == ["winking", "Neutral"]
    page.get_by_test_id("remove-label").click()
    expect(page.get_by_test_id("hold-winking")).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    _count(page, "winking", 6)
    assert page.evaluate(LABELS)[-2:] == ["winking", "Neutral"]

    # A training leaves out what is switched off: one label alone is too few.
    _filled(page, "happy", photos)
    page.get_by_test_id("show-winking").click()
    page.get_by_role("switch", name="Learn it").click(force=True)
    page.get_by_test_id("train").click()
    expect(page.get_by_role("alert").filter(has_text="Only one expression")).to_be_visible()
    page.reload()
    page.get_by_test_id("show-winking").click()
    expect(page.get_by_role("switch", name="Learn it")).not_to_be_checked()


def test_a_project_holds_the_labels_in_their_order(
    filled: Callable[..., Any], alone: Callable[..., Any], saved: Callable[..., Path], tmp_path: Path
) -> None:
    page = filled("sad")
    for _ in range(4):
        page.get_by_role("button", name="Move forward").click()
    page.get_by_test_id("add-label").click()
    _named(page, "winking")
    expect(page.get_by_test_id("hold-winking")).to_be_visible()
    file = saved(page, page.get_by_test_id("save"), tmp_path / "project.zip")
    with zipfile.ZipFile(file) as archive:
        labels = json.loads(archive.read("project.json"))["labels"]
    assert labels[:2] == ["sad", "angry"] and labels[7:] == ["winking"]
    # Where it is opened, the label without pictures is there, too.
    other = alone()
    other.get_by_test_id("file").set_input_files(str(file))
    _count(other, "sad", 6)
    expect(other.get_by_test_id("hold-winking")).to_be_visible()
    assert other.evaluate(LABELS) == page.evaluate(LABELS)


def test_without_a_camera_a_button_rests(alone: Callable[..., Any], photos: list[Path]) -> None:
    page = alone()
    happy = page.get_by_test_id("hold-happy")
    expect(happy).to_have_attribute("aria-disabled", "false")
    page.evaluate(
        "() => document.querySelector('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
    )
    expect(happy).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_test_id("teach-hint")).to_contain_text("No camera")
    page.keyboard.down("4")
    happy.hover()
    page.mouse.down()
    expect(happy).to_have_attribute("data-state", "idle")
    page.mouse.up()
    page.keyboard.up("4")
    _filled(page, "happy", photos)


#: Once the buttons say that they rest, presses a key, and notes how they look then.
WATCH = """() => {
    const state = (label) => document.querySelector(`[data-testid="hold-${label}"]`).dataset.state;
    const note = () => {
        if (!document.querySelector('[data-testid="teach-hint"]').innerText.includes("rest")) return;
        if (!window.seen.length) window.dispatchEvent(new KeyboardEvent("keydown", { key: "5", code: "Digit5" }));
        window.seen.push(state("happy"), state("sad"));
    };
    window.seen = [];
    const all = { attributes: true, childList: true, characterData: true, subtree: true };
    new MutationObserver(note).observe(document.querySelector(".holding"), all);
}"""


def test_while_it_learns_a_button_rests(filled: Callable[..., Any], photos: list[Path]) -> None:
    page = filled()
    _filled(page, "sad", photos)
    happy = page.get_by_test_id("hold-happy")
    page.evaluate(WATCH)
    # One is held before it begins, another pressed while it lasts.
    page.keyboard.down("4")
    expect(happy).to_have_attribute("data-state", "recording")
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible()
    page.keyboard.up("4")
    assert set(page.evaluate("window.seen")) == {"idle"}
    expect(happy).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_test_id("hold-sad")).to_have_attribute("data-state", "idle")
    _count(page, "sad", len(photos))


def test_a_training_is_cancelled_and_the_model_in_use_stays(filled: Callable[..., Any], photos: list[Path]) -> None:
    page = filled()
    _filled(page, "sad", photos)
    page.get_by_text("As in the paper of 2023").click()
    page.get_by_test_id("advanced").locator("summary").click()
    for epochs in ("5", "1000"):
        page.get_by_label("Epochs").fill(epochs)
        page.get_by_test_id("train").click()
        expect(page.locator(".curve")).to_have_count(2)
        if epochs == "5":
            expect(page.get_by_test_id("result")).to_be_visible()
    page.get_by_test_id("cancel").click()
    expect(page.get_by_text("The model in use stayed.")).to_be_visible()
    expect(page.get_by_test_id("result")).to_be_visible()
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "true")
    expect(page.get_by_test_id("train")).to_be_enabled()
    expect(page.get_by_test_id("face")).to_be_visible()


def test_a_reading_is_corrected_and_a_model_leaves_with_the_lines_that_use_it(
    filled: Callable[..., Any],
    photos: list[Path],
    drawn: list[Any],
    saved: Callable[..., Path],
    tmp_path: Path,
) -> None:
    page = filled()
    expect(page.get_by_test_id("face")).to_be_visible()
    page.get_by_test_id("correct").click()
    page.get_by_test_id("correct-sad").click()
    expect(page.get_by_text("Train to learn them.")).to_be_visible()
    sad = page.get_by_test_id("hold-sad")
    assert 1 <= int(sad.get_attribute("data-count")) <= 4
    expect(page.get_by_test_id("correct-sad")).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    _count(page, "sad", 0)

    _filled(page, "sad", photos)
    page.get_by_text("As in the paper of 2023").click()
    page.get_by_test_id("advanced").locator("summary").click()
    page.get_by_label("Epochs").fill("3")
    page.get_by_label("Hidden units").fill("7")
    page.get_by_test_id("train").click()
    page.get_by_test_id("hood").locator("summary").click()
    expect(page.get_by_test_id("each").locator("li")).to_have_count(2)
    expect(page.get_by_test_id("confusion").locator("tbody tr")).to_have_count(2)
    expect(page.locator(".curve .grid text").last).to_have_text("3")  # epochs
    page.get_by_test_id("elsewhere").click()
    expect(page.get_by_test_id("snippet")).to_contain_text('fer_ros.Reader(Path("taught"))')
    file = saved(page, page.get_by_test_id("download"), tmp_path / "taught.zip")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
    with np.load(tmp_path / "taught" / "head.npz") as head:
        assert head["kernel1"].shape[1] == 7
    assert [face.label for face in fer_ros.Reader(tmp_path / "taught").read(drawn[0])] in (["happy"], ["sad"])


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
def test_no_rule_of_accessibility_is_broken(alone: Callable[..., Any], photos: list[Path], language: str) -> None:
    if not AXE.is_file():
        pytest.skip("no web/node_modules/axe-core: `make dashboard` fetches it")
    page = alone(locale=language)
    page.add_init_script(path=str(AXE))  # a tag would be against the page's own rules
    page.reload()
    expect(page.get_by_test_id("face")).to_be_visible()
    for label in ("happy", "sad"):
        _filled(page, label, photos)
    page.get_by_test_id("sample").first.click()
    page.get_by_test_id("correct").click()
    page.locator("label", has=page.locator("input[value=paper]")).click()
    page.get_by_test_id("train").click()
    page.get_by_test_id("hood").locator("summary").click()
    # What appears has become opaque, and what is said for a while is gone.
    expect(page.get_by_test_id("toast")).to_have_count(0)
    assert page.evaluate(RULES) == []
    page.get_by_test_id("elsewhere").click()
    expect(page.get_by_test_id("snippet")).to_be_visible()
    page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    assert page.evaluate(RULES) == []
