"""Models as the page lists, chooses, renames, deletes and fetches them; they are really there."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from fer_ros.core.base import paths
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.dashboard.doing import tickets


@pytest.fixture
def mine(fer_home: Path) -> str:
    """The name of a model of the user's."""
    folder = fer_home / "models" / "mine"
    shutil.copytree(paths.share_dir() / "models" / "default", folder)
    mark = folder / paths.MODEL_FILE
    mark.write_text(yaml.safe_dump({**yaml.safe_load(mark.read_text()), "name": "mine"}))
    return "mine"


def test_choosing_renaming_and_deleting(house: Any, mine: str) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        listed = await browser.ask("models.list")
        facts = {model["name"]: model for model in listed["models"]}
        assert facts["mine"]["own"] and not facts["default"]["own"]
        assert facts["default"]["accuracy"] > 0.5 and facts["default"]["labels"] and facts["default"]["bytes"] > 1e5
        assert (await browser.ask("model.load", name="mine"))["ok"]
        assert (await other.told("models", in_use="mine"))["selected"] == "mine"
        assert (await browser.ask("model.delete", name="mine"))["code"] == "failed"
        assert (await browser.ask("model.rename", name="mine", new="kim"))["name"] == "kim"
        await other.told("models", in_use="kim", selected="kim")
        await browser.ask("model.load", name="default")
        assert (await other.told("model", name="default"))["previous"] == "kim"
        assert (await browser.ask("model.delete", name="kim"))["ok"]
        assert [m["name"] for m in (await browser.ask("models.list"))["models"]] == sorted(paths.model_names())

    house.visit(script)


def test_a_damaged_model_is_listed_with_what_is_wrong(house: Any, mine: str, fer_home: Path) -> None:
    (fer_home / "models" / "mine" / "head.npz").write_bytes(b"no head")

    async def script(new: Any) -> None:
        browser = await new()
        listed = {model["name"]: model for model in (await browser.ask("models.list"))["models"]}
        assert "head.npz" in listed["mine"]["error"] and not listed["default"]["error"]
        assert listed["mine"]["reason"] == {"code": "model_damaged", "values": {"name": "mine"}}

    house.visit(script)


def test_a_model_is_fetched_once_and_is_whole(house: Any, mine: str, tmp_path: Path) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        url = house.url + (await browser.ask("model.download", name="mine"))["url"].lstrip("/")
        async with aiohttp.ClientSession() as session:
            async with session.get(url, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403
            async with session.get(url) as answer:
                assert answer.status == 200 and 'filename="mine.zip"' in answer.headers["Content-Disposition"]
                data = await answer.read()
            async with session.get(url) as answer:
                assert answer.status == 404
        zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path / "unpacked")

    house.visit(script)
    assert Bundle.load(tmp_path / "unpacked" / "mine").labels == Bundle.load("default").labels


def test_a_ticket_is_good_for_a_short_time(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "GOOD", -1.0)

    async def script(new: Any) -> None:
        browser = await new()
        url = house.url + (await browser.ask("model.download", name="default"))["url"].lstrip("/")
        async with aiohttp.ClientSession() as session:
            for wrong in (url, f"{house.url}download/none", f"{house.url}download/../models"):
                async with session.get(wrong) as answer:
                    assert answer.status == 404

    house.visit(script)
