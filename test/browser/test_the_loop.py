"""What the page is for: hold seven buttons, train, and be understood."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from playwright.sync_api import expect

from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.paths import share_dir

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE = 60_000
#: Samples of each expression: two seconds, so that enough of them are held out for the score to say something.
ENOUGH = 60


def _count(page: Any, label: str) -> int:
    return int(page.get_by_test_id(f"hold-{label}").get_attribute("data-count"))


def _hold_until_enough(page: Any, label: str, press: Callable[[], None], let_go: Callable[[], None]) -> None:
    press()
    expect(page.get_by_test_id(f"hold-{label}")).to_have_attribute("aria-pressed", "true")
    deadline = time.monotonic() + PATIENCE / 1000
    while _count(page, label) < ENOUGH:
        assert time.monotonic() < deadline, f"{label}: {_count(page, label)}"
        page.wait_for_timeout(100)
    let_go()
    expect(page.get_by_test_id(f"hold-{label}")).to_have_attribute("aria-pressed", "false")


def test_hold_seven_buttons_train_and_see_the_right_emoticon(
    robot: Callable[..., Any],
    show: Callable[[str], None],
    open_page: Callable[..., Any],
    saved: Callable[..., Path],
    tmp_path: Path,
    fer_home: Path,
) -> None:
    emoticons = yaml.safe_load((share_dir() / "config" / "emoticons.yaml").read_text())
    # A head that learns in epochs, so that there is a curve to be seen.
    page = open_page(robot("face", "trainer.head=dense").url)
    expect(page.get_by_test_id("face").first).to_be_visible()
    page.get_by_role("link", name="Record").click()
    expect(page.get_by_test_id("hold-angry")).to_have_attribute("aria-disabled", "false")  # the recorder is there

    for key, label in enumerate(DEFAULT_LABELS, 1):
        show(label)
        page.wait_for_timeout(400)  # the face needs 0.15 s to change
        if key % 2:
            press, let_go = (lambda: page.keyboard.down(str(key))), (lambda: page.keyboard.up(str(key)))  # noqa: B023
        else:
            page.get_by_test_id(f"hold-{label}").hover()
            press, let_go = page.mouse.down, page.mouse.up
        _hold_until_enough(page, label, press, let_go)
    takes = page.get_by_test_id("take")
    expect(takes).to_have_count(7)
    expect(takes.first.locator("img")).to_have_count(4)

    # A take that went wrong is recorded and taken back.
    before = _count(page, "happy")
    page.keyboard.down("4")
    expect(page.get_by_test_id("hold-happy")).not_to_have_attribute("data-count", str(before))
    page.keyboard.up("4")
    expect(takes).to_have_count(8)
    takes.first.get_by_test_id("discard").click()
    expect(takes).to_have_count(7)
    page.get_by_test_id("undo").click()  # a slip is no loss
    expect(takes).to_have_count(8)
    takes.first.get_by_test_id("discard").click()
    expect(takes).to_have_count(7)
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("data-count", str(before))

    page.get_by_role("link", name="Train").click()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("progress")).to_be_visible()
    expect(page.get_by_role("img", name="Loss")).to_be_visible()
    expect(page.get_by_test_id("result")).to_be_visible(timeout=3 * PATIENCE)
    # The figure of the model, and a good one.
    (trained_model,) = (fer_home / "models").glob("personal-*/model.yaml")
    accuracy = 100 * yaml.safe_load(trained_model.read_text())["quality"]["accuracy"]
    assert float(page.get_by_test_id("accuracy").inner_text().split()[1]) == pytest.approx(accuracy, abs=0.51)
    assert accuracy > 80
    expect(page.get_by_test_id("confusion").locator("tbody tr")).to_have_count(7)
    page.set_viewport_size({"width": 320, "height": 640})
    # The table scrolls, the page does not.
    page.wait_for_function("document.documentElement.scrollWidth <= 320")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_test_id("split")).not_to_be_empty()
    expect(page.get_by_label("Before: default")).not_to_be_checked()
    trained = page.get_by_label("New: personal-")
    expect(trained).to_be_checked()

    page.get_by_role("link", name="Emoticons").click()
    for label in ("happy", "surprise", "angry"):
        show(label)
        expect(page.get_by_test_id("emoticon")).to_have_attribute("data-emoticon", emoticons[label][0])
    expect(page.get_by_test_id("candidates").get_by_role("button")).to_have_count(len(emoticons["angry"]) - 1)
    saved(page, page.get_by_test_id("save-photo"), tmp_path / "photo.png")
    photo = cv2.imread(str(tmp_path / "photo.png"))
    assert photo.shape == (480, 640, 3)
    # The emoticon is a large patch of few colours over a picture that has many.
    assert np.ptp(photo.reshape(-1, 3).astype(int), axis=0).min() > 100

    page.get_by_role("link", name="Models").click()
    own = page.get_by_test_id("rename")
    expect(own).to_have_count(1)
    own.click()
    page.get_by_role("textbox").fill("kim")
    page.get_by_test_id("save-name").click()
    mine = page.get_by_test_id("model-kim")
    expect(mine).to_be_visible()
    saved(page, mine.get_by_test_id("download"), tmp_path / "kim.zip")
    assert any(name.endswith("model.yaml") for name in zipfile.ZipFile(tmp_path / "kim.zip").namelist())
    page.get_by_test_id("model-default").get_by_test_id("use").click()
    expect(page.get_by_test_id("model-default").get_by_text("in use", exact=True)).to_be_visible()
    mine.get_by_test_id("delete").click()
    page.get_by_test_id("confirm").click()
    expect(mine).to_have_count(0)
