"""Correcting from the page: what is kept, what is undone, and when it is refused."""

from __future__ import annotations

from typing import Any

from fer_ros.core import bags


def test_a_correction_is_kept_and_undone(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        assert not (await browser.ask("correct.undo"))["ok"]
        browser.pictures.clear()
        answer = await browser.ask("correct", label="sad", face=4, subject="Kim")
        assert answer["ok"] and 1 <= answer["samples"] <= 10 and not answer["message"], answer
        (bag,) = bags.listing()
        assert [(t.label, t.subject, t.samples) for t in bags.info(bag).takes] == [("sad", "Kim", answer["samples"])]
        # The training begins by itself; here it is refused, which the page is told.
        await browser.until(lambda: (m := browser.last("train.result")) and not m["ok"])
        undone = await browser.ask("correct.undo")
        assert undone["ok"] and undone["samples"] == answer["samples"]
        assert not [take for folder in bags.listing() for take in bags.info(folder).takes]
        assert "no correction to undo" in (await browser.ask("correct.undo"))["message"]

    house.visit(script)


def test_when_it_is_refused(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for fields in ({"label": ""}, {"label": "sad", "face": -1}, {"label": "sad", "face": 1.5}, {"face": 4}):
            answer = await browser.ask("correct", **fields)
            assert (answer["ok"], answer["code"]) == (False, "bad"), answer
        assert (await browser.ask("correct", label="unheard"))["code"] == "failed"
        unseen = await browser.ask("correct", label="sad", face=5)
        assert unseen["code"] == "failed" and "face 5 was not seen" in unseen["message"]
        await browser.ask("record.start", label="happy")
        assert (await browser.ask("correct", label="sad"))["code"] == "busy"
        await browser.ask("record.stop")
        answer = await browser.ask("correct", label="sad")
        assert answer["ok"], answer

    house.visit(script)
