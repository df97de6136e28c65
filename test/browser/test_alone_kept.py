"""What the page that needs no server keeps: undone, shared by tabs, without storage, and after another export."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from fer_ros.core.base import registry
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.exporting import static_page
from fer_ros.core.exporting.project_file import Entry, Writer

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-browser`")

expect = playwright.expect
LABELS = ("happy", "sad")
EACH = 6
#: A name of this machine that browsers take for another one, to which they grant less.
ELSEWHERE = "fer.test"


def _faces(file: Path, windows: dict[str, tuple[int, int, int]]) -> Path:
    """A project of six faces of each label, cut at a place of the drawn face's picture: y, x, side."""
    plugin = registry.load("sources", "face")
    with file.open("wb") as out, Writer(out) as writer:
        for take, (label, (y, x, side)) in enumerate(windows.items(), 1):
            source = plugin(plugin.Settings(expression=label, fps=0.0))
            source.open()
            for number in range(EACH):
                face = source.read(5.0).image[y : y + side, x + number : x + number + side]
                small = cv2.resize(face, (96, 96), interpolation=cv2.INTER_AREA)
                writer.add(Entry(label, "", take, 1000 * number), cv2.imencode(".png", small)[1].tobytes())
            source.close()
        writer.finish(list(windows))
    return file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of happy and sad faces, without a model."""
    return _faces(tmp_path / "faces.zip", dict.fromkeys(LABELS, (60, 200, 240)))


def _counts(page: Any, *counts: int) -> None:
    for label, count in zip(LABELS, counts, strict=True):
        expect(page.get_by_test_id(f"hold-{label}")).to_have_attribute("data-count", str(count))


def _taught(page: Any, taught: bool) -> None:
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", str(taught).lower())


def _open(page: Any, file: Path) -> None:
    expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true")
    page.get_by_test_id("file").set_input_files(str(file))


def _add(page: Any, label: str) -> None:
    page.get_by_test_id("add-label").click()
    page.get_by_role("textbox", name="Name").fill(label)
    page.get_by_test_id("save-label").click()
    expect(page.get_by_test_id(f"hold-{label}")).to_be_visible()


def _teach(page: Any, file: Path) -> None:
    _open(page, file)
    _counts(page, EACH, EACH)
    page.get_by_text("As in the paper of 2023").click()  # which takes what was taught, better or not
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible()
    _taught(page, True)


@pytest.mark.slow
def test_everything_that_is_done_can_be_undone(
    alone: Callable[..., Any], engine: Callable[..., Any], project: Path, fer_home: Path
) -> None:
    page = alone()
    _teach(page, project)
    # The model alone, as the robot keeps it.
    with zipfile.ZipFile(io.BytesIO(engine(page, "export"))) as archive:
        archive.extractall(fer_home / "models")
    assert Bundle.load("taught").labels == LABELS
    # The same file again brings nothing twice, and says so.
    _open(page, project)
    expect(page.get_by_test_id("toast").filter(has_text=f"{2 * EACH} were here already")).to_be_visible()
    _counts(page, EACH, EACH)
    # Three single pictures come back by one Undo.
    page.get_by_test_id("show-happy").click()
    for left in range(EACH - 1, EACH - 4, -1):
        page.get_by_test_id("sample").first.click()
        page.get_by_test_id("delete-samples").click()
        _counts(page, left, EACH)
        expect(page.get_by_test_id("sample")).to_have_count(left)
    page.get_by_test_id("toast").filter(has_text="×3").get_by_test_id("undo").click()
    _counts(page, EACH, EACH)
    # So does the model, also the one that another training replaced.
    page.get_by_text("In closed form").click()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible()
    expect(page.locator(".curve")).to_have_count(0)
    page.get_by_test_id("toast").filter(has_text="Learned: In closed form").get_by_test_id("undo").click()
    _taught(page, True)
    with zipfile.ZipFile(io.BytesIO(engine(page, "export"))) as archive:
        assert b'"dense"' in archive.read("taught/model.yaml")
    page.get_by_test_id("forget").click()
    _taught(page, False)
    expect(page.get_by_test_id("result")).to_have_count(0)
    page.get_by_test_id("toast").filter(has_text="general model").get_by_test_id("undo").click()
    _taught(page, True)
    # And everything at once: pictures, the model with its result, and labels added by hand.
    _add(page, "wink")
    page.get_by_test_id("remove-all").click()
    _counts(page, 0, 0)
    _taught(page, False)
    for gone in ("hold-wink", "result", "remove-all"):
        expect(page.get_by_test_id(gone)).to_have_count(0)
    page.get_by_test_id("undo").last.click()
    _counts(page, EACH, EACH)
    _taught(page, True)
    for back in ("hold-wink", "result"):
        expect(page.get_by_test_id(back)).to_be_visible()


@pytest.mark.slow
def test_two_tabs_show_and_use_the_same(alone: Callable[..., Any], project: Path) -> None:
    first = alone()
    second = first.context.new_page()
    second.goto(first.url)
    _teach(second, project)
    _counts(first, EACH, EACH)
    _taught(first, True)
    _add(second, "wink")
    expect(first.get_by_test_id("hold-wink")).to_be_visible()
    first.get_by_test_id("remove-all").click()
    expect(second.get_by_test_id("hold-wink")).to_have_count(0)
    _counts(second, 0, 0)
    _taught(second, False)
    expect(second.get_by_test_id("result")).to_have_count(0)
    second.get_by_test_id("train").click()
    expect(second.get_by_role("alert").filter(has_text="nothing to learn from")).to_be_visible()


@pytest.mark.slow
@pytest.mark.only_chromium("its quota is not to be set")
def test_a_full_storage_is_said_and_nothing_is_half_kept(alone: Callable[..., Any], project: Path) -> None:
    page = alone()
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": page.url.rstrip("/"), "quotaSize": 1000})
    full = page.get_by_role("alert").filter(has_text="storage is full")
    _open(page, project)
    expect(full).to_be_visible()
    _counts(page, 0, 0)
    full.get_by_role("button").click()
    expect(page.get_by_test_id("face")).to_be_visible()
    page.get_by_test_id("hold-happy").hover()
    page.mouse.down()
    expect(full).to_be_visible()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("aria-pressed", "false")
    page.mouse.up()
    _counts(page, 0, 0)
    session.send("Storage.overrideQuotaForOrigin", {"origin": page.url.rstrip("/")})
    _open(page, project)
    _counts(page, EACH, EACH)


@pytest.mark.slow
@pytest.mark.only_chromium("its settings lie in another file")
def test_where_nothing_may_be_kept_it_works_until_it_is_closed(
    profile: Callable[..., Any], address: str, project: Path
) -> None:
    page = profile(cookies=2)  # blocked
    page.goto(address)
    expect(page.get_by_test_id("toast").filter(has_text="keeps nothing")).to_be_visible()
    with pytest.raises(playwright.Error, match="denied"):
        page.evaluate("() => localStorage.length")
    _teach(page, project)
    page.get_by_test_id("remove-all").click()
    _counts(page, 0, 0)
    page.get_by_test_id("undo").last.click()
    _counts(page, EACH, EACH)


@pytest.mark.slow
def test_where_the_general_model_stays_nothing_counts_as_taught(alone: Callable[..., Any], tmp_path: Path) -> None:
    page = alone()
    # Cut so that the general model reads all of them rightly.
    _open(page, _faces(tmp_path / "known.zip", {"sad": (60, 200, 240), "surprise": (80, 230, 200)}))
    expect(page.get_by_test_id("hold-surprise")).to_have_attribute("data-count", str(EACH))
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("toast").filter(has_text="so it stays")).to_be_visible()
    _taught(page, False)
    expect(page.get_by_test_id("result")).to_be_visible()
    expect(page.get_by_test_id("forget")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.only_chromium("it knows no names of its own")
def test_from_http_of_another_machine_projects_are_saved_and_opened(
    open_page: Callable[..., Any], address: str, project: Path, saved: Callable[..., Path], tmp_path: Path
) -> None:
    page = open_page(address.replace("127.0.0.1", ELSEWHERE))
    assert not page.evaluate("() => isSecureContext")
    _teach(page, project)
    file = saved(page, page.get_by_test_id("save"), tmp_path / "saved.zip")
    page.get_by_test_id("remove-all").click()
    _counts(page, 0, 0)
    _open(page, file)
    _counts(page, EACH, EACH)
    _taught(page, True)


@pytest.mark.slow
def test_another_export_arrives_whole_and_the_head_of_the_other_network_goes(
    open_page: Callable[..., Any], exported: tuple[Path, str], project: Path
) -> None:
    folder, url = exported
    page = open_page(url)
    _teach(page, project)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    expect(page.get_by_test_id("renewed")).to_have_count(0)
    static_page.export(folder, "default")
    page.reload()
    page.get_by_test_id("renewed").get_by_role("button").click()
    expect(page.get_by_role("alert").filter(has_text="another network")).to_be_visible()
    _counts(page, EACH, EACH)
    _taught(page, False)
    assert page.evaluate("() => fetch('page.json').then((answer) => answer.json())")["model"]["name"] == "default"
    page.get_by_test_id("train").click()
    _taught(page, True)
    page.reload()
    _counts(page, EACH, EACH)
    _taught(page, True)
    expect(page.get_by_test_id("toast")).to_have_count(0)
    expect(page.get_by_test_id("renewed")).to_have_count(0)


@pytest.mark.slow
def test_two_pages_of_one_server_keep_to_themselves(
    open_page: Callable[..., Any], exported: tuple[Path, str], project: Path
) -> None:
    folder, url = exported
    static_page.export(folder / "other", "default")
    ready = "() => navigator.serviceWorker.controller !== null"
    first = open_page(url)
    _teach(first, project)
    _add(first, "wink")
    first.wait_for_function(ready)
    other = first.context.new_page()
    other.goto(f"{url}other/")
    _open(other, project)  # of which nothing is there already
    _counts(other, EACH, EACH)
    _taught(other, False)
    expect(other.get_by_test_id("hold-wink")).to_have_count(0)
    other.wait_for_function(f"{ready} && navigator.serviceWorker.controller.scriptURL.endsWith('/other/sw.js')")
    other.get_by_test_id("remove-all").click()
    _counts(other, 0, 0)
    first.context.set_offline(True)
    for page, pictures, taught in ((first, EACH, True), (other, 0, False)):
        page.reload()
        expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true")
        _counts(page, pictures, pictures)
        _taught(page, taught)
    expect(first.get_by_test_id("hold-wink")).to_be_visible()
    first.context.set_offline(False)


@pytest.mark.slow
def test_networks_of_another_export_are_refused(open_page: Callable[..., Any], exported: tuple[Path, str]) -> None:
    folder, url = exported
    before = (folder / "page.json").read_bytes()
    static_page.export(folder, "default")
    after = (folder / "page.json").read_bytes()
    (folder / "page.json").write_bytes(before)
    written = (folder / "page.json").stat().st_mtime
    page = open_page(url, service_workers="block")  # which might have renewed itself meanwhile
    expect(page.get_by_test_id("broken")).to_contain_text("reload the page")
    (folder / "page.json").write_bytes(after)
    # As far as the server can tell, it is the same file: it knows whole seconds only.
    os.utime(folder / "page.json", (written, written))
    page.get_by_test_id("broken").get_by_role("button").click()
    expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true")
    expect(page.get_by_test_id("broken")).to_have_count(0)
