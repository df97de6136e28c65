"""The taught pictures most like a face: found by a process of its own, and shown to nobody but who recorded them."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import psutil
import pytest

from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.training import run
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.dashboard.doing import alike, helper
from fer_ros.dashboard.robot import Preview
from fer_ros.dashboard.talking.client import Client

BOX = Roi(200, 80, 240, 240)
STAMP = 1_700_000_000_000_000_000
SESSION = "20260102-030405"


def drawn(expression: str, count: int) -> list[ImageArray]:
    plugin = registry.load("sources", "face")
    source = plugin(plugin.Settings(expression=expression, fps=0.0))
    source.open()
    try:
        return [source.read(5.0).image for _ in range(count)]
    finally:
        source.close()


@pytest.fixture
def taught(fer_home: Any) -> str:
    """A model that this browser taught: happy and sad of the drawn face, 6 pictures of each."""
    name = Client(None, {"session": SESSION, "client": "client-1"}).bag  # type: ignore[arg-type]
    folder, stamp = fer_home / "bags" / name, STAMP
    with bags.BagWriter(folder, {"camera": "none", "detector": "haar"}) as writer:
        for label in ("happy", "sad"):
            writer.begin_take(label, "")
            for image in drawn(label, 6):
                writer.write(stamp, encode_jpeg(image), BOX)
                stamp += 10**9
    run.train(Request((folder,), Options(head="ridge", base="small"), "mine"))
    return "mine"


def show(house: Any, expression: str) -> None:
    """What the robot reads now."""
    hub = house.server.hub
    picture = Preview(STAMP, encode_jpeg(drawn(expression, 1)[0]), 640, 480)
    face = {"id": 3, "box": [BOX.x, BOX.y, BOX.width, BOX.height], "eyes": []}
    house.server.post(lambda: hub.show(picture))
    house.server.post(lambda: hub.show_emotions({"type": "emotions", "stamp": STAMP / 1e6, "faces": [face]}))


def helpers() -> list[Any]:
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a child of another test that has just ended
            found += [child] if "alike.worker" in " ".join(child.cmdline()) else []
    return found


@pytest.mark.slow
def test_who_recorded_them_sees_them_and_others_see_their_labels(
    house: Any, taught: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper, "IDLE", 0.5)

    async def script(new: Any) -> None:
        browser = await new(session=SESSION)
        other = await new(client="client-2", session=SESSION)
        missing = await browser.ask("samples.alike")
        assert missing["reason"]["code"] == "face_not_seen" and not helpers()
        house.server.post(lambda: house.server.models.on_model({"type": "model", "name": taught}))
        for expression in ("sad", "happy"):
            show(house, expression)
            answer = await browser.ask("samples.alike", face=3)
            assert answer["ok"], answer
            first, *rest = answer["samples"]
            assert first["label"] == expression and len(rest) == alike.MOST - 1
            assert all(one["picture"].startswith("data:image/jpeg") for one in answer["samples"])
            assert {one["take"] for one in answer["samples"] if one["label"] == "happy"} == {1}
        assert (await browser.ask("samples.alike", face=4))["reason"]["code"] == "face_not_seen"
        # The same labels, but no picture and no number by which one could ask for it.
        theirs = (await other.ask("samples.alike", face=3))["samples"]
        assert [one["label"] for one in theirs] == [one["label"] for one in answer["samples"]]
        assert all(set(one) == {"label", "picture"} and not one["picture"] for one in theirs)
        assert len(helpers()) == 1
        # A model that was not taught says so.
        house.server.post(lambda: house.server.models.on_model({"type": "model", "name": "small"}))
        refused = await browser.ask("samples.alike", face=3)
        assert (refused["ok"], refused["reason"]) == (False, {"code": "not_taught", "values": {"name": "small"}})
        # And when nobody asks any more, nothing runs.
        await browser.until(lambda: not helpers(), "the process stays")

    house.visit(script)


@pytest.mark.slow
def test_it_comes_back_after_its_process_was_killed_and_ends_with_the_server(house: Any, taught: str) -> None:
    async def script(new: Any) -> None:
        browser = await new(session=SESSION)
        house.server.post(lambda: house.server.models.on_model({"type": "model", "name": taught}))
        show(house, "sad")
        assert (await browser.ask("samples.alike"))["ok"]
        helpers()[0].kill()
        assert (await browser.ask("samples.alike"))["code"] == "unavailable"
        assert (await browser.ask("samples.alike"))["ok"]

    house.visit(script)
    house.server.stop()
    assert not helpers()


def test_a_smaller_picture_that_is_shown_is_no_matter() -> None:
    from fer_ros.core.training.alike import worker

    class Known:
        def nearest(self, image: ImageArray, roi: Roi, eyes: Any, *_: Any) -> list[Any]:
            assert (image.shape[:2], roi, eyes) == ((240, 320), Roi(100, 40, 120, 120), ((1.0, 2.0), (3.0, 4.0)))
            return []

    import base64

    picture = base64.b64encode(encode_jpeg(np.zeros((240, 320, 3), np.uint8))).decode()
    asked = {"picture": picture, "width": 640, "box": [200, 80, 240, 240], "eyes": [[2, 4], [6, 8]], "detector": "haar"}
    assert worker._answer(Known(), {**asked, "most": 5}) == []  # type: ignore[arg-type]
