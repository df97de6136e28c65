"""Pictures and emotions: to those who watch, the newest, and never a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fer_ros.dashboard.talking import hub, protocol

Build = Callable[..., Any]


def test_pictures_come_only_while_they_are_watched(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LINGER", 0.0)

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        house.show()
        await browser.say("watch", video=True, emotions=False)
        await browser.until(lambda: house.robot.watched == [(True, False)])
        house.show(1_700_000_000_123_456_789)
        await browser.until(lambda: browser.pictures)
        kind, version, _, seq, stamp, width, height, _ = protocol.BINARY.unpack_from(browser.pictures[0])
        assert (kind, version, seq, width, height) == (1, 1, 1, 64, 48) and stamp == 1_700_000_000_123_456_789 / 1e6
        assert browser.pictures[0][24:26] == b"\xff\xd8"
        await browser.say("watch", video=False, emotions=False)
        await browser.until(lambda: house.robot.watched[-1] == (False, False))
        other = await new(client="client-2")
        await other.say("watch", video=True, emotions=True)
        await other.until(lambda: house.robot.watched[-1] == (True, True))
        await other.socket.close()
        await browser.until(lambda: house.robot.watched[-1] == (False, False))
        assert len(browser.pictures) == 1

    house.visit(script)


def test_a_page_that_is_hidden_for_a_moment_costs_no_new_subscription(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for video in (True, False, True):
            await browser.say("watch", video=video, emotions=True)
        assert (await browser.ask("camera.stop"))["ok"]
        house.show()
        await browser.until(lambda: browser.pictures)

    house.visit(script)
    assert house.robot.watched == [(True, True)]


def test_who_draws_slowly_gets_the_newest_and_no_queue(house: Any) -> None:
    async def script(new: Any) -> None:
        slow, quick = await new(), await new(client="client-2")
        slow.draws = False
        for browser in (slow, quick):
            await browser.say("watch", video=True, emotions=True, fps=60)
        await slow.until(lambda: house.robot.watched[-1:] == [(True, True)])
        await asyncio.sleep(0.1)
        for number in range(1, 31):
            house.show(number * 1_000_000)
            house.server.post(lambda n=number: house.server.hub.show_emotions({"type": "emotions", "stamp": n}))
            await asyncio.sleep(0.02)
        await quick.until(lambda: quick.last("emotions").get("stamp") == 30)
        # One: it has not told yet how fast it is.
        assert len(slow.pictures) == 1 < len(quick.pictures)
        slow.draws = True
        await slow.say("seen", seq=1)
        await slow.until(lambda: len(slow.pictures) == 2)
        assert protocol.BINARY.unpack_from(slow.pictures[-1])[4] > 20.0

    house.visit(script)


def test_fewer_pictures_a_second_where_that_is_asked_for(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.say("watch", video=True, emotions=False, fps=1)
        await browser.until(lambda: house.robot.watched)
        for _ in range(20):
            house.show()
            await asyncio.sleep(0.01)
        await browser.ask("camera.stop")
        assert 1 <= len(browser.pictures) <= 2

    house.visit(script)


def test_figures_go_to_those_who_watch(house: Any) -> None:
    async def script(new: Any) -> None:
        browser, idle = await new(), await new(client="client-2")
        await idle.told("welcome")
        await browser.say("watch", video=False, emotions=True)
        await browser.until(lambda: house.robot.watched)
        house.server.post(lambda: house.server.hub.show_stats({"type": "stats", "camera": None, "inference": None}))
        assert (await browser.told("stats"))["clients"] == 2
        await idle.ask("camera.stop")
        assert not idle.last("stats")

    house.visit(script)
