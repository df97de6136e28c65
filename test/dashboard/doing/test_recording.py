"""Holding a button: whose take it is, when it ends, and that nobody sees what is another's."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.dashboard.doing import recording


async def hold(browser: Any, label: str, samples: int = 5, **fields: Any) -> Any:
    """Record until there are so many samples; gives the reply to letting go."""
    answer = await browser.ask("record.start", label=label, **fields)
    assert answer["ok"], answer
    await browser.until(lambda: (m := browser.last("record"))["holder"] == "me" and m["label"] == label
                        and m["samples"] >= samples)  # fmt: skip
    return await browser.ask("record.stop")


def test_what_is_held_is_recorded_counted_and_shown(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        done = await hold(browser, "happy", subject="kim")
        assert done["take"] == 1 and done["samples"] >= 5
        takes = await browser.until(lambda: (t := browser.last("takes")) and t["takes"] and t)
        assert takes["session"] == "20260102-030405" and takes["counts"] == {"happy": done["samples"]}
        take = takes["takes"][0]
        assert (take["take"], take["label"], take["subject"]) == (1, "happy", "kim")
        assert len(take["thumbnails"]) == 4
        data = base64.b64decode(take["thumbnails"][0].removeprefix("data:image/jpeg;base64,"))
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (96, 96, 3) and abs(float(image.mean()) - 128) < 3
        await hold(browser, "sad")
        takes = await browser.until(lambda: (t := browser.last("takes")) and len(t["takes"]) == 2 and t)
        assert [take["label"] for take in takes["takes"]] == ["sad", "happy"]
        assert (await browser.told("record", state="paused"))["holder"] is None

    house.visit(script)
    assert [bag.name.startswith("page-20260102-030405-") for bag in bags.listing()] == [True]


def test_another_button_while_one_is_held_is_another_take(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.ask("record.start", label="happy")
        await browser.until(lambda: browser.last("record")["samples"] >= 3)
        await hold(browser, "sad", 3)
        takes = await browser.until(lambda: (t := browser.last("takes")) and len(t["takes"]) == 2 and t)
        assert [take["label"] for take in takes["takes"]] == ["sad", "happy"]

    house.visit(script)


def test_of_two_who_record_at_once_one_holds_and_the_other_is_told(house: Any) -> None:
    async def script(new: Any) -> None:
        one, two = await new(), await new(client="client-2")
        await two.told("takes")
        assert (await one.ask("record.start", label="happy"))["ok"]
        answer = await two.ask("record.start", label="sad")
        assert answer["code"] == "busy" and "try again" in answer["message"]
        seen = await two.told("record", holder="other")
        assert (seen["state"], seen["label"], seen["samples"], seen["message"]) == ("recording", "", 0, "")
        await two.say("hold")
        assert (await two.ask("record.stop"))["samples"] == 0
        await one.until(lambda: one.last("record")["samples"] >= 3)
        assert (await one.ask("record.stop"))["samples"] >= 3
        await two.told("record", holder=None)
        await hold(two, "sad")
        for browser, label in ((one, "happy"), (two, "sad")):
            await browser.until(lambda b=browser, name=label: list(b.last("takes")["counts"]) == [name])
            shown = [m for m in browser.got if m["type"] in ("record", "takes")]
            other = {"happy": "sad", "sad": "happy"}[label]
            assert other not in str([m for m in shown if m["type"] == "takes"])
            assert {m["label"] for m in shown if m["type"] == "record"} <= {"", label}

    house.visit(script)
    assert len(bags.listing()) == 2


def test_two_tabs_of_one_person_show_the_same(house: Any) -> None:
    async def script(new: Any) -> None:
        one, two = await new(), await new()
        await two.told("takes")
        done = await hold(one, "happy")
        await two.told("takes", counts={"happy": done["samples"]})

    house.visit(script)


def test_a_reloaded_page_finds_what_was_recorded(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        done = await hold(browser, "happy")
        await browser.socket.close()
        again = await new()
        await again.told("takes", counts={"happy": done["samples"]})
        fresh = await new(session="20260102-030406")
        assert (await fresh.told("takes"))["counts"] == {}

    house.visit(script)


@pytest.mark.parametrize("way", ["close", "abort", "silence"])
def test_a_take_ends_when_nobody_holds_the_button_any_more(
    house: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "silence":
        monkeypatch.setattr(recording, "HOLD", 0.5)

    async def script(new: Any) -> None:
        one, two = await new(), await new(client="client-2")
        await one.ask("record.start", label="happy")
        await one.until(lambda: one.last("record")["samples"] >= 3)
        if way == "close":
            await one.socket.close()
        elif way == "abort":
            one.socket._response.connection.transport.abort()
        await two.told("record", holder=None)
        if way == "silence":
            assert (await one.told("record", holder=None, state="paused"))["samples"] >= 3
        await hold(two, "sad", 2)

    house.visit(script)
    for bag in bags.listing():
        assert bags.info(bag).takes


def test_a_button_that_is_held_goes_on(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "HOLD", 0.6)

    async def script(new: Any) -> None:
        browser = await new()
        await browser.ask("record.start", label="happy")
        for _ in range(12):
            await asyncio.sleep(0.1)
            await browser.say("hold")
        assert (await browser.told("record", holder="me"))["state"] == "recording"

    house.visit(script)


def test_a_take_ends_at_the_limit_and_the_page_is_told(build: Any) -> None:
    house = build(max_take=1.0)

    async def script(new: Any) -> None:
        browser = await new()
        await browser.ask("record.start", label="happy")
        ended = await browser.told("record", holder=None, state="paused")
        assert ended["limit"] == 1.0 and "1 s" in ended["message"]
        await browser.until(lambda: browser.last("takes")["counts"])

    house.visit(script)


def test_each_take_can_be_deleted_also_of_a_closed_bag(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        for label in ("happy", "sad", "fear"):
            await hold(browser, label)
        assert (await other.ask("record.discard", take=2))["ok"] is False
        assert (await browser.ask("record.discard", take=2))["samples"] >= 5
        await browser.until(lambda: list(browser.last("takes")["counts"]) == ["happy", "fear"])
        assert (await browser.ask("record.restore", take=2))["samples"] >= 5
        await browser.until(lambda: list(browser.last("takes")["counts"]) == ["happy", "sad", "fear"])
        assert (await other.ask("record.restore", take=2))["ok"] is False
        assert (await browser.ask("record.discard", take=2))["ok"]
        await browser.until(lambda: list(browser.last("takes")["counts"]) == ["happy", "fear"])
        again = await browser.ask("record.discard", take=2)
        assert again["code"] == "failed" and "no take 2" in again["message"]
        assert again["reason"] == {"code": "no_take", "values": {"take": "2"}}
        monkeypatch.setattr(recording, "IDLE", 0.0)
        await browser.until(lambda: house.robot._recorder.active is False)
        assert (await browser.ask("record.discard", take=1))["ok"]
        await browser.until(lambda: list(browser.last("takes")["counts"]) == ["fear"])

    house.visit(script)
    (bag,) = bags.listing()
    assert [(take.number, take.label) for take in bags.info(bag).takes] == [(3, "fear")]


def test_somebody_who_calls_the_service_goes_first(house: Any) -> None:
    house.robot.call_start("angry", "by-hand")

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("record", holder="other", label="")
        assert (await browser.ask("record.start", label="happy"))["code"] == "busy"

    house.visit(script)


def test_a_label_of_ones_own(house: Any) -> None:
    """It is recorded at once, and nobody else learns of it."""

    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        assert (await browser.ask("label.check", label="윙크"))["means"] == ""
        assert (await browser.ask("label.check", label="기쁨"))["means"] == "happy"
        assert (await browser.ask("label.check", label="a, b"))["code"] == "failed"
        done = await hold(browser, "윙크")
        takes = await browser.until(lambda: (t := browser.last("takes")) and t["counts"] and t)
        assert takes["counts"] == {"윙크": done["samples"]}
        assert (await browser.told("record", state="paused"))["take"] == 1
        assert "윙크" not in str(other.got)

    house.visit(script)


def test_letting_go_at_once_leaves_nothing_open(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for _ in range(5):
            await browser.say("record.start", id=1, label="happy")
            await browser.say("record.stop", id=2)
        await browser.until(lambda: sum(m["type"] == "reply" for m in browser.got) == 10)
        await browser.told("record", holder=None)
        assert browser.last("record")["state"] in ("idle", "paused")
        await hold(browser, "sad")

    house.visit(script)
