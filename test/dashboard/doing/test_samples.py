"""Samples one by one: seen, moved, brought back, and made of a browser's files."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_ros.api.reader import Reader
from fer_ros.core import bags
from fer_ros.core.vision.images import decode_compressed, encode_jpeg
from fer_ros.dashboard.doing import samples as doing
from fer_ros.dashboard.talking import protocol

from ..conftest import JPEG
from .test_alike import drawn
from .test_recording import hold


async def listed(browser: Any, label: str) -> tuple[int, list[tuple[int, list[str]]]]:
    answer = await browser.ask("samples.list", label=label)
    assert answer["ok"], answer
    return answer["total"], [(take["take"], take["stamps"]) for take in answer["takes"]]


def test_every_sample_is_seen_moved_and_brought_back(house: Any) -> None:
    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        first = await hold(browser, "happy", 6)
        await hold(browser, "happy", 3)
        total, takes = await listed(browser, "happy")
        assert [number for number, _ in takes] == [2, 1] and total == sum(len(stamps) for _, stamps in takes)
        stamps = takes[1][1]
        assert len(stamps) == first["samples"] and stamps == sorted(stamps)
        assert await listed(other, "happy") == (0, []) and await listed(browser, "sad") == (0, [])

        seen = await browser.ask("samples.pictures", take=1, stamps=[stamps[1], "17", stamps[0]])
        shown, missing, _ = seen["pictures"]
        data = base64.b64decode(shown.removeprefix("data:image/jpeg;base64,"))
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (96, 96, 3) and missing == ""
        assert (await other.ask("samples.pictures", take=1, stamps=stamps[:1]))["pictures"] == [""]

        moved = await browser.ask("record.revise", take=1, stamps=stamps[:2], label="sad")
        assert moved["ok"] and (moved["samples"], moved["take"]) == (2, 3)
        binned = await browser.ask("record.revise", take=1, stamps=stamps[2:3])
        assert (binned["samples"], binned["take"]) == (1, 0)
        assert (await listed(browser, "sad"))[1] == [(3, stamps[:2])]
        assert (await listed(browser, "happy"))[1][1] == (1, stamps[3:])
        await browser.until(lambda: browser.last("takes")["counts"].get("sad") == 2)
        assert (await other.ask("record.restore", take=1, entry=moved["entry"]))["code"] == "failed"
        for change in (moved, binned):
            assert (await browser.ask("record.restore", take=1, entry=change["entry"]))["samples"] == change["samples"]
        assert await listed(browser, "happy") == (total, takes) and await listed(browser, "sad") == (0, [])
        await browser.until(lambda: browser.last("takes")["counts"] == {"happy": total})
        gone = await browser.ask("record.revise", take=1, stamps=["1"])
        assert gone["code"] == "failed" and "no sample with stamp 1" in gone["message"]
        for wrong in ("0", "9" * 19):
            assert (await browser.ask("record.revise", take=1, stamps=[wrong]))["code"] == "failed"
        assert (await browser.ask("record.revise", take=9))["code"] == "failed"

    house.visit(script)


def test_what_is_held_ends_before_it_is_revised(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        await browser.ask("record.start", label="happy")
        await browser.until(lambda: browser.last("record")["samples"] >= 3)
        assert (await browser.ask("record.revise", take=1, label="sad"))["ok"]
        await browser.told("record", holder=None)
        assert list((await browser.until(lambda: browser.last("takes")))["counts"]) == ["sad"]

    house.visit(script)


def test_files_become_samples(house: Any) -> None:
    png = cv2.imencode(".png", np.full((90, 120, 3), 70, np.uint8))[1].tobytes()
    large = encode_jpeg(np.random.default_rng(1).integers(0, 255, (700, 900, 3), np.uint8), 95)
    assert len(large) > 400_000

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")  # so much is not taken of a stranger
        await browser.send_file(JPEG, 0)
        await browser.send_file(png, 1)
        for part in range(3):
            await browser.send_file(large[part * 300_000 : (part + 1) * 300_000], 2, part, 3)
        await browser.send_file(b"no picture", 3)
        answer = await browser.ask("samples.add", label="waving", subject="kim", count=4)
        assert answer["ok"], answer
        assert (answer["take"], answer["samples"], answer["refused"]) == (1, 3, 1)
        assert answer["reasons"] == ["no picture (text)"]
        takes = await browser.until(lambda: (t := browser.last("takes")) and t["takes"] and t)
        assert takes["counts"] == {"waving": 3} and takes["takes"][0]["subject"] == "kim"
        total, ((take, stamps),) = await listed(browser, "waving")
        assert total == 3 and all((await browser.ask("samples.pictures", take=take, stamps=stamps))["pictures"])
        # Nothing has come for these.
        for count in (1, 64):
            assert (await browser.ask("samples.add", label="waving", count=count))["code"] == "failed"

    house.visit(script)
    (bag,) = bags.listing()
    assert {sample.label for sample in bags.stored(bag)} == {"waving"}


def test_parts_that_do_not_fit_are_thrown_away(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        for wrong in (
            [(0, 1, 2)],
            [(0, 0, 2), (0, 0, 2)],
            [(0, 0, 2), (1, 1, 2)],
            [(0, 0, 0)],
            [(0, 0, doing.PARTS + 1)],
            [(0, 0, 2), (0, 1, 3)],
        ):
            before = len(browser.got)
            for number, part, parts in wrong:
                await browser.send_file(b"x", number, part, parts)
            await browser.until(lambda at=before: any(m.get("code") == "picture" for m in browser.got[at:]), str(wrong))
            assert (await browser.ask("samples.add", label="happy", count=1))["code"] == "failed"
        await browser.send_file(JPEG)
        assert (await browser.ask("samples.add", label=" x", count=1))["code"] == "failed"
        await browser.send_file(JPEG)
        assert (await browser.ask("samples.add", label="happy", count=1))["samples"] == 1

    house.visit(script)


def test_what_waits_is_bounded(house: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(doing, "WAITING", 2 * len(JPEG))

    async def script(new: Any) -> None:
        browser, other = await new(), await new(client="client-2")
        await browser.send_file(JPEG, 0)
        await browser.send_file(JPEG, 1)
        assert (await browser.ask("label.check", label="x"))["ok"]  # both have come
        await other.send_file(JPEG, 0)
        complaint = await other.until(lambda: (m := other.last("error")) and m)
        assert "too many files wait" in complaint["message"]
        await browser.socket.close()
        await other.until(lambda: not house.server._doing._samples._files.get(browser) and house.server.clients == 1)
        await other.send_file(JPEG, 0)
        assert (await other.ask("samples.add", label="happy", count=1))["samples"] == 1

    house.visit(script)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 65_535), st.integers(0, 65_535)), max_size=8))
def test_no_order_of_parts_makes_a_file_that_was_not_sent(parts: list[tuple[int, int, int]]) -> None:
    import asyncio

    class Told:
        def complain(self, code: str, message: str, **fields: object) -> None:
            assert code == "picture"

    async def run() -> None:
        kept = doing.Samples(None, None, None, None)  # type: ignore[arg-type]
        client: Any = Told()
        for sequence, number, of in parts:
            await kept.take(client, protocol.Binary(protocol.FILE, sequence, 0.0, number, of, memoryview(b"x")))
            for file in kept._files.get(client, []):
                assert 1 <= file.parts <= doing.PARTS and len(file.data) <= file.parts

    asyncio.run(run())


def test_every_way_to_give_a_label_has_the_same_rule(house: Any) -> None:
    async def script(new: Any) -> None:
        browser = await new()
        take = (await hold(browser, "happy"))["take"]
        for label, code in (("one, two", "label_comma"), ("x" * 65, "")):
            await browser.send_file(JPEG)
            answers = [
                await browser.ask("record.start", label=label),
                await browser.ask("record.revise", take=take, label=label),
                await browser.ask("samples.add", label=label, count=1),
                await browser.ask("label.check", label=label),
            ]
            for answer in answers:
                assert not answer["ok"] and "\n" not in answer["message"], answer
                assert (answer.get("reason") or {"code": ""})["code"] == code, (label, str(answer))
        assert browser.last("takes")["counts"].keys() == {"happy"}

    house.visit(script)


@pytest.mark.slow
def test_the_model_answers_files_that_become_no_samples(house: Any) -> None:
    faces = [encode_jpeg(drawn(expression, 1)[0]) for expression in ("happy", "surprise")]
    read = [reader.read(decode_compressed(face))[0] for reader in (Reader("small", "haar"),) for face in faces]
    known = [{"label": one.label, "confidence": round(one.confidence, 4)} for one in read]
    empty = encode_jpeg(np.full((480, 640, 3), 128, np.uint8))

    async def script(new: Any) -> None:
        browser = await new()
        await browser.told("welcome")
        for files in ((*faces, empty, b"no picture"), (faces[1],)):
            for number, data in enumerate(files):
                await browser.send_file(data, number)
            answer = await browser.ask("samples.preview", count=len(files))
            if not house.server.models.in_use:
                assert (answer["code"], answer["reason"]["code"]) == ("unavailable", "not_there")
                house.server.post(lambda: house.server.models.on_model({"type": "model", "name": "small"}))
                for number, data in enumerate(files):
                    await browser.send_file(data, number)
                answer = await browser.ask("samples.preview", count=len(files))
            assert answer["ok"], answer
            wanted = [*known, {"label": "", "confidence": 0.0}, None] if len(files) == 4 else known[1:]
            assert answer["answers"] == wanted
        assert (await browser.ask("samples.preview", count=1))["reason"]["code"] == "files_missing"
        house.server.post(lambda: house.server.models.on_model({"type": "model", "name": "gone"}))
        await browser.send_file(faces[0])
        refused = await browser.ask("samples.preview", count=1)
        assert refused["code"] == "failed" and "gone" in refused["message"]

    house.visit(script)
    assert bags.listing() == []
