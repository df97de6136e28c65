"""Lost and found again, two people at once, and who may come in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]

Make = Callable[..., Any]


def test_the_page_says_that_it_is_lost_and_comes_back_by_itself(robot: Make, open_page: Make) -> None:
    first = robot("sample")
    page = open_page(first.url)
    expect(page.get_by_test_id("face").first).to_be_visible()
    first.kill()
    expect(page.get_by_test_id("lost")).to_be_visible()
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "lost")
    expect(page.get_by_test_id("face")).to_have_count(0)
    robot("sample", port=first.port)
    expect(page.get_by_test_id("face").first).to_be_visible()
    expect(page.get_by_test_id("lost")).to_have_count(0)


def test_what_was_cut_off_is_told(robot: Make, open_page: Make, drawn: list[Any], tmp_path: Path) -> None:
    settings = ("trainer.head=dense", "trainer.heads.dense.epochs=10000")  # minutes
    first = robot("sample", *settings)
    page = open_page(first.url + "#record")
    expect(page.get_by_test_id("hold-sad")).to_have_attribute("aria-disabled", "false")
    faces = [tmp_path / f"face {number}.png" for number in range(40)]
    for face in faces:
        cv2.imwrite(str(face), drawn[0])
    for label in ("sad", "happy"):
        page.get_by_test_id(f"show-{label}").click()
        page.get_by_test_id("add-files-input").set_input_files(faces[:6])
        expect(page.get_by_test_id(f"hold-{label}")).to_have_attribute("data-count", "6")

    # Some of the pictures are there, and the others not.
    page.get_by_test_id("show-angry").click()
    page.get_by_test_id("add-files-input").set_input_files(faces)
    expect(page.get_by_test_id("hold-angry")).not_to_have_attribute("data-count", "0")
    first.kill()
    expect(page.get_by_text("The other files were not sent")).to_be_visible()
    second = robot("sample", *settings, port=first.port)
    expect(page.get_by_test_id("lost")).to_have_count(0)

    # A way back waits until the robot is there.
    page.get_by_test_id("take").last.get_by_test_id("discard").click()
    undo = page.get_by_test_id("undo").last
    undo.hover()  # it stays as long as somebody reaches for it
    expect(page.get_by_test_id("hold-sad")).to_have_attribute("data-count", "0")
    second.kill()
    expect(undo).to_be_disabled()
    third = robot("sample", *settings, port=first.port)
    expect(undo).to_be_enabled()
    expect(page.get_by_test_id("hold-sad")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("hold-sad")).to_have_attribute("data-count", "6")

    # What is left out is no material.
    for label in ("sad", "angry"):
        page.get_by_test_id(f"show-{label}").click()
        page.get_by_text("Learn it").click()
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_test_id("left-out")).to_contain_text("Sad")
    expect(page.get_by_test_id("train")).to_be_disabled()
    page.get_by_test_id("nothing").get_by_role("link").click()
    page.get_by_test_id("show-sad").click()
    page.get_by_text("Learn it").click()

    # A training that the robot no longer knows of.
    page.get_by_role("link", name="Train").click()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("progress")).to_have_attribute("data-phase", "training")
    third.kill()
    expect(page.get_by_test_id("progress")).to_have_count(0)
    expect(page.get_by_test_id("train")).to_be_disabled()
    robot("sample", *settings, port=first.port)
    expect(page.get_by_test_id("interrupted")).to_be_visible()
    expect(page.get_by_test_id("train")).to_be_enabled()


def test_who_has_said_goodbye_has_ended_also_when_nobody_answers_any_more(robot: Make, open_page: Make) -> None:
    page = open_page(robot("sample").url)
    connections: list[Any] = []

    def connect(socket: Any) -> None:
        connections.append(socket)
        if len(connections) == 1:
            socket.connect_to_server()
        else:
            socket.close(code=1011)

    page.route_web_socket("**/ws", connect)
    page.reload()
    expect(page.get_by_test_id("face").first).to_be_visible()
    connections[0].close(code=1001)
    lost = page.get_by_test_id("lost")
    expect(lost).to_contain_text("has ended")
    while len(connections) < 3:
        page.wait_for_timeout(100)
    expect(lost).to_contain_text("has ended")


def test_two_people_record_one_after_the_other_and_see_only_their_own(robot: Make, open_page: Make) -> None:
    url = robot("sample").url + "#record"
    anna, kim = open_page(url), open_page(url)
    for page in (anna, kim):
        expect(page.get_by_test_id("face").first).to_be_visible()
        expect(page.get_by_test_id("hold-sad")).to_have_attribute("aria-disabled", "false")
    anna.bring_to_front()  # nobody holds a button of a page that they do not see
    anna.get_by_test_id("hold-sad").hover()
    anna.mouse.down()
    expect(anna.get_by_test_id("hold-sad")).not_to_have_attribute("data-count", "0")
    expect(kim.get_by_test_id("other")).to_be_visible()
    expect(kim.get_by_test_id("hold-sad")).to_have_attribute("aria-disabled", "true")
    expect(kim.get_by_test_id("hold-sad")).to_have_attribute("data-count", "0")
    # Her browser goes away while she holds the button: the take ends, and it is his turn.
    anna.close()
    expect(kim.get_by_test_id("other")).to_have_count(0)
    expect(kim.get_by_test_id("hold-happy")).to_have_attribute("aria-disabled", "false")
    kim.keyboard.down("4")
    expect(kim.get_by_test_id("hold-happy")).not_to_have_attribute("data-count", "0")
    kim.keyboard.up("4")
    expect(kim.get_by_test_id("take")).to_have_count(1)
    expect(kim.get_by_test_id("hold-sad")).to_have_attribute("data-count", "0")


def test_a_page_without_the_token_asks_for_it(robot: Make, open_page: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_DASHBOARD_TOKEN", "open-sesame")
    url = robot("sample").url
    page = open_page(f"{url}#token=%zz")  # a link that was cut off, and is no fragment
    box = page.get_by_role("textbox", name="Token")
    box.fill("open-barley")
    page.get_by_test_id("token-go").click()
    expect(page.get_by_role("alert")).to_be_visible()
    box.fill("open-sesame")
    page.get_by_test_id("token-go").click()
    expect(page.get_by_test_id("face").first).to_be_visible()
    guest = open_page(f"{url}#token=open-sesame")
    expect(guest.get_by_test_id("face").first).to_be_visible()
    assert "open-sesame" not in guest.url
