"""A project saved from the page and opened on it: only one's own faces, whole or not at all, and bounded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fer_ros.core import bags
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.exporting import project
from fer_ros.core.exporting.project_file import Reader, Writer
from fer_ros.dashboard.doing import projects


async def _get(house: Any, browser: Any) -> bytes:
    url = house.url + (await browser.ask("project.save"))["url"].lstrip("/")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return bytes(await answer.read())


async def _send(house: Any, browser: Any, name: str, data: bytes) -> tuple[int, Any]:
    url = house.url + (await browser.ask("project.open", name=name))["url"].lstrip("/")
    async with aiohttp.ClientSession() as session, session.post(url, data=data) as answer:
        return answer.status, await answer.json()


def test_what_one_person_recorded_goes_out_and_comes_back(house: Any, fer_home: Path) -> None:
    async def script(new: Any) -> None:
        mine, other = await new(), await new(client="client-2")
        nothing = await mine.ask("project.save")
        assert not nothing["ok"] and "nothing to save" in nothing["message"]
        for browser, label in ((mine, "happy"), (other, "sad")):
            assert (await browser.ask("record.start", label=label, subject="Ann"))["ok"]
            await browser.until(lambda browser=browser: browser.last("record").get("samples", 0) >= 3)
            await browser.ask("record.stop")
        data = await _get(house, mine)
        with Reader(io.BytesIO(data)) as found:
            count = len(found.samples)
            assert count >= 3 and {(one.label, one.subject) for one in found.samples} == {("happy", "Ann")}
        assert await _send(house, mine, "my project (1).zip", data) == (
            200,
            {"bag": "my_project_1", "pictures": count, "model": ""},
        )
        assert (await _send(house, mine, "my project (1).zip", data))[1]["bag"] == "my_project_1-2"
        assert bags.info(fer_home / "bags" / "my_project_1").labels == {"happy": count}

    house.visit(script)


def test_a_model_in_it_is_installed_and_told(house: Any, fer_home: Path, tmp_path: Path) -> None:
    project.save(tmp_path / "a.zip", [], Bundle.load("small"))

    async def script(new: Any) -> None:
        browser = await new()
        assert (await _send(house, browser, "phone", (tmp_path / "a.zip").read_bytes()))[1]["model"] == "phone"
        await browser.until(lambda: any(one["name"] == "phone" for one in browser.last("models").get("models", ())))
        # It is one's own now: in use, it goes out with the project.
        assert (await browser.ask("model.load", name="phone"))["ok"]
        with Reader(io.BytesIO(await _get(house, browser))) as found:
            assert found.model()["head.npz"] == (fer_home / "models" / "phone" / "head.npz").read_bytes()

    house.visit(script)


def test_what_is_no_good_leaves_nothing(house: Any, fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "MAX_FILE", 100_000)
    out = io.BytesIO()
    with Writer(out) as writer:
        writer.finish([])

    async def script(new: Any) -> None:
        browser = await new()
        for data, says in (
            (b"", "damaged"),
            (b"PK\3\4 nothing", "damaged"),
            (out.getvalue(), "neither a picture nor a model"),
            (bytes(200_000), "larger than"),
        ):
            status, told = await _send(house, browser, "phone", data)
            assert (status, told["code"]) == (400, "failed") and says in told["message"], told
            assert "/tmp" not in told["message"] and "\n" not in told["message"]
        url = house.url + (await browser.ask("project.open", name="phone"))["url"].lstrip("/")
        async with aiohttp.ClientSession() as session:
            async with session.post(url, data=b"", headers={"Origin": "https://evil.example"}) as answer:
                assert answer.status == 403
            async with session.post(f"{house.url}upload/none", data=b"") as answer:
                assert answer.status == 400
        assert not list((fer_home / "bags").glob("*")) and not list((fer_home / "models").glob("*"))

    house.visit(script)
