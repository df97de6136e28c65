"""Coming in, watching, and what happens to who sends too much, too large or nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_ros.core.errors import FerError
from fer_ros.dashboard import client as clients
from fer_ros.dashboard import connection, protocol, tls
from fer_ros.dashboard.client import Client
from fer_ros.dashboard.server import Server
from fer_ros.dashboard.settings import DashboardSettings

Build = Callable[..., Any]


def test_a_browser_is_welcomed_and_told_what_there_is(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        welcome = await browser.told("welcome")
        assert welcome["labels"][3] == "happy" and welcome["emoticons"]["happy"] and welcome["advised"] == 100
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
def test_a_wrong_token_is_told_nothing_else(build: Build, token: str) -> None:
    house = build(token="the-right-one")

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
                assert "default-src 'none'" in policy and f"ws://127.0.0.1:{house.server.port}" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            async with session.get(f"{house.url}healthz") as answer:
                assert await answer.text() == "ok\n"
            async with session.get(f"{house.url}ws") as answer:
                assert answer.status == 426
            async with session.post(house.url) as answer:
                assert answer.status == 405
            async with session.get(house.url, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403 and "evil" not in answer.headers["Content-Security-Policy"]

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
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await new()
        assert caught.value.status == 503

    house.visit(script)


def test_pictures_come_only_while_they_are_watched(house: Any) -> None:
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
        assert len(slow.pictures) == clients.WINDOW < len(quick.pictures)
        slow.draws = True
        await slow.say("seen", seq=clients.WINDOW)
        await slow.until(lambda: len(slow.pictures) == clients.WINDOW + 1)
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
        await browser.ask("models.list")
        assert 1 <= len(browser.pictures) <= 2

    house.visit(script)


def test_figures_go_to_those_who_watch(house: Any) -> None:
    async def script(new: Any) -> None:
        browser, idle = await new(), await new(client="client-2")
        await browser.say("watch", video=False, emotions=True)
        await browser.until(lambda: house.robot.watched)
        house.server.post(lambda: house.server.hub.show_stats({"type": "stats", "camera": None, "inference": None}))
        assert (await browser.told("stats"))["clients"] == 2
        await idle.ask("models.list")
        assert not idle.last("stats")

    house.visit(script)


def test_a_thousand_messages_a_second_end_the_connection_and_nobody_elses(house: Any) -> None:
    async def script(new: Any) -> None:
        loud, calm = await new(), await new(client="client-2")
        await loud.told("welcome")
        with contextlib.suppress(ConnectionError):  # it may be closed while it still sends
            for _ in range(2_000):
                await loud.say("hold")
        assert await loud.ends() == 4429
        assert loud.last("refused")["code"] == "rate"
        assert (await calm.ask("models.list"))["ok"]

    house.visit(script)


def test_what_is_a_little_too_fast_is_dropped_and_said(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        for _ in range(180):
            await browser.say("hold")
        assert (await browser.told("error"))["code"] == "rate"
        assert len([m for m in browser.got if m["type"] == "error"]) == 1
        await asyncio.sleep(0.5)
        assert (await browser.ask("models.list"))["ok"]

    house.visit(script)


@pytest.mark.parametrize("binary", [False, True])
def test_a_message_that_is_too_large_ends_the_connection(house: Any, binary: bool) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        if binary:
            await browser.socket.send_bytes(bytes(protocol.MAX_BINARY + 1))
        else:
            await browser.socket.send_str(" " * (protocol.MAX_TEXT + 1))
        assert await browser.ends() == 4413
        assert browser.last("refused")["code"] == "size"

    house.visit(script)


def test_who_does_not_read_is_given_up(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MAX_WAITING", 5)

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        house.server.post(lambda: [house.server.hub.tell({"type": "train", "n": n}) for n in range(50)])
        assert await browser.ends() == 4409

    house.visit(script)


def test_requests_that_are_wrong_get_one_sentence_each(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for kind, fields, code in (
            ("unknown", {}, "bad"),
            ("record.start", {}, "bad"),
            ("record.start", {"label": "unheard of"}, "failed"),
            ("record.discard", {"take": 1}, "failed"),
            ("model.load", {"name": 7}, "bad"),
            ("model.rename", {"name": "default", "new": "mine"}, "failed"),
            ("model.rename", {"name": "../../etc", "new": "mine"}, "failed"),
            ("model.delete", {"name": "nobody"}, "failed"),
            ("model.download", {"name": "nobody"}, "failed"),
            ("train.start", {"scope": "mine"}, "failed"),
            ("train.start", {"scope": "all", "head": "nobody"}, "failed"),
            ("train.start", {"scope": "all", "name": "../x"}, "failed"),
            ("train.cancel", {}, "failed"),
        ):
            answer = await browser.ask(kind, **fields)
            assert (answer["ok"], answer["code"]) == (False, code), (kind, fields, answer)
            assert answer["message"] and "\n" not in answer["message"] and "Traceback" not in answer["message"]
        await browser.say("hello", version=1, client="client-2", session="20260102-030405")
        assert (await browser.told("error"))["code"] == "bad"

    house.visit(script)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=50) | st.binary(max_size=80), max_size=20))
def test_nonsense_is_answered_or_dropped_and_the_server_goes_on(house: Any, messages: list[str | bytes]) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for message in messages:
            if isinstance(message, bytes):
                await browser.socket.send_bytes(message)
            else:
                await browser.socket.send_str(message.encode(errors="replace").decode())
        assert (await browser.ask("models.list"))["ok"]

    house.visit(script)


def test_a_training_that_fails_is_told_to_all(house: Any) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        await other.told("welcome")
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
