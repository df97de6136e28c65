"""Coming in, by the right name and with the right token, and what a server tells at its beginning and end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from fer_ros.core.base.errors import FerError
from fer_ros.core.base.labels import DEFAULT_LABELS, NONE_OF_THESE
from fer_ros.dashboard.serving import tls
from fer_ros.dashboard.serving.server import Server
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.dashboard.talking import connection
from fer_ros.dashboard.talking.client import Client

Build = Callable[..., Any]


def test_a_browser_is_welcomed_and_told_what_there_is(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        welcome = await browser.told("welcome")
        assert welcome["labels"] == [*DEFAULT_LABELS, NONE_OF_THESE], "as the recorder has them: no button comes late"
        assert welcome["emoticons"]["happy"] and welcome["advised"] == 100
        assert welcome["share"] is None and not welcome["secure"] and "dense" in welcome["heads"]
        assert (await browser.told("record", state="idle"))["holder"] is None
        assert (await browser.told("takes"))["takes"] == []
        assert (await browser.told("camera"))["sender"] is None
        assert "default" in [model["name"] for model in (await browser.told("models"))["models"]]
        await browser.until(lambda: browser.last("clock.ping").get("offset") is not None)
        assert abs(browser.last("clock.ping")["offset"]) < 1_000

    house.visit(script)


def test_the_offset_of_a_clock_that_is_an_hour_ahead_is_found(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        browser.skew = 3_600_000.0
        ping = await browser.until(
            lambda: next((m for m in browser.got if m["type"] == "clock.ping" and (m["offset"] or 0) > 1e6), None)
        )
        assert abs(ping["offset"] - 3_600_000.0) < 1_000 and ping["rtt"] >= 0

    house.visit(script)


@pytest.mark.parametrize("token", ["", "wrong", "the-right-on", "the-right-one "])
def test_a_wrong_token_is_told_nothing_else(build: Build, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("FER_DASHBOARD_TOKEN", "the-right-one")
    house = build()

    async def script(new: Any) -> None:
        browser = await new(token=token)
        assert await browser.ends() == 4401
        assert [(m["type"], m.get("code")) for m in browser.got] == [("refused", "token")]
        assert (await (await new(token="the-right-one")).told("welcome"))["version"] == 1

    house.visit(script)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"Sec-WebSocket-Version": "1"}, 426),
    ],
)
def test_pages_and_names_of_others_are_kept_out(house: Any, headers: dict[str, str], status: int) -> None:
    async def script(new: Any) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await new(headers=headers)
        assert caught.value.status == status

    house.visit(script)


def test_the_page_comes_with_the_headers_that_keep_others_out(house: Any) -> None:
    async def script(new: Any) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(house.url) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "connect-src 'self';" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            async with session.get(f"{house.url}healthz") as answer:
                assert await answer.text() == "ok\n"
            async with session.get(f"{house.url}ws") as answer:
                assert answer.status == 426
            async with session.post(house.url) as answer:
                assert answer.status == 405
            async with session.get(house.url, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403 and answer.headers["Content-Security-Policy"] == policy
            async with session.get(house.url, headers={"Host": "192.0.2.7:1"}) as answer:
                assert answer.status == 200 and answer.headers["Content-Security-Policy"] == policy

    house.visit(script)


@pytest.mark.parametrize(
    "hello",
    [
        {"type": "watch", "video": True, "emotions": True},
        {"type": "hello"},
        {"type": "hello", "version": 2, "client": "client-1", "session": "20260102-030405"},
        {"type": "hello", "version": 1, "client": "../../../x", "session": "20260102-030405"},
    ],
)
def test_a_first_message_that_is_no_hello(house: Any, hello: dict[str, Any]) -> None:
    async def script(new: Any) -> None:
        browser = await new(hello=hello)
        assert await browser.ends() == 4408
        assert [m["type"] for m in browser.got] == ["refused"]

    house.visit(script)


def test_who_says_nothing_is_let_go(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HELLO", 0.1)

    async def script(new: Any) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{house.url}ws") as socket:
            first = await socket.receive_json()
            assert (first["type"], first["code"]) == ("refused", "hello")
            await socket.receive()
            assert socket.close_code == 4408

    house.visit(script)


def test_there_is_a_limit_of_browsers(build: Build) -> None:
    house = build(max_clients=2)

    async def script(new: Any) -> None:
        for _ in range(2):
            await (await new()).told("welcome")
        late = await new()
        assert await late.ends() == 4503 and late.last("refused")["code"] == "full"

    house.visit(script)


def test_a_training_that_fails_is_told_to_all(house: Any) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        await other.told("welcome")
        assert (await browser.ask("record.start", label="sad"))["ok"]
        await browser.until(lambda: browser.last("record")["samples"])
        assert (await browser.ask("record.stop"))["ok"]
        assert (await browser.ask("train.start", scope="all"))["ok"]
        for who in (browser, other):
            result = await who.told("train.result")
            assert not result["ok"] and result["message"] == "nothing is trained here" and result["metrics"] is None
        late = await new(client="client-3")
        assert (await late.told("train.result"))["message"] == "nothing is trained here"

    house.visit(script)


def test_everyone_is_told_when_the_server_ends(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        await asyncio.to_thread(house.server.stop)
        assert await browser.ends() == 1001

    house.visit(script)


def test_everyone_is_told_also_while_the_recorder_does_not_answer(house: Any, monkeypatch: Any) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(house.robot, "pause_recording", never)

    async def script(new: Any) -> None:
        browser = await new()
        assert (await browser.ask("record.start", label="sad"))["ok"]
        await asyncio.to_thread(house.server.stop)
        assert await browser.ends() == 1001

    house.visit(script)


def test_a_server_can_be_started_again(house: Any) -> None:
    house.server.stop()
    house.server.start()
    house.url = f"http://127.0.0.1:{house.server.port}/"

    async def script(new: Any) -> None:
        await (await new()).told("welcome")

    house.visit(script)


def test_a_port_that_is_taken_is_named(house: Any) -> None:
    other = Server(DashboardSettings(port=house.server.port), house.robot)
    with pytest.raises(FerError, match=f"port {house.server.port}.*in use.*choose another port"):
        other.start()
    other.stop()


def test_an_address_of_another_machine_is_named(house: Any) -> None:
    with pytest.raises(FerError, match=r"cannot listen on 192\.0\.2\.77"):
        Server(DashboardSettings(host="192.0.2.77", port=0), house.robot).start()


def test_over_tls_and_with_a_link_for_others(build: Build) -> None:
    house = build(host="0.0.0.0", self_signed=True)
    trusted = ssl.create_default_context(cafile=str(tls.own_certificate()[0]))

    async def run() -> None:
        url = f"wss://127.0.0.1:{house.server.port}/ws"
        async with aiohttp.ClientSession() as session, session.ws_connect(url, ssl=trusted) as socket:
            await socket.send_json(
                {"type": "hello", "version": 1, "client": "client-1", "session": "20260102-030405",
                 "token": house.server.access.token}
            )  # fmt: skip
            welcome = await socket.receive_json()
            assert welcome["secure"] and welcome["share"]["url"] == house.server.url
            assert welcome["share"]["url"].startswith("https://") and house.server.access.token in house.server.url
            assert len(welcome["share"]["qr"]) == len(welcome["share"]["qr"][0])

    asyncio.run(run())


def test_bags_of_two_people_have_different_names() -> None:
    names = {
        Client(None, {"client": c, "session": s}).bag  # type: ignore[arg-type]
        for c in ("client-1", "client-2")
        for s in ("20260102-030405", "20260102-030406")
    }
    assert len(names) == 4
