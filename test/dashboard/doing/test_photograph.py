"""A photograph: the newest picture at the camera's size, and where the face is in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fer_ros.core.vision.images import encode_jpeg
from fer_ros.dashboard.robot import Preview

from ..conftest import JPEG

STAMP = 1_700_000_000_000_000_000
WHOLE = encode_jpeg(np.full((96, 128, 3), 70, np.uint8))
BOX = [10, 5, 20, 20]


def test_it_is_fetched_once_at_full_size_with_the_face_s_place(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = house.server.hub

    def read(stamp: int) -> None:
        face = {"id": 3, "box": BOX}
        house.server.post(lambda: hub.show_emotions({"type": "emotions", "stamp": stamp / 1e6, "faces": [face]}))

    async def script(new: Any) -> None:
        browser = await new()
        missing = await browser.ask("photograph")
        assert (missing["code"], missing["reason"]["code"]) == ("unavailable", "no_picture")
        house.server.post(lambda: hub.show(Preview(STAMP, JPEG, 128, 96, lambda: WHOLE)))
        read(STAMP)
        answer = await browser.ask("photograph")
        assert (answer["width"], answer["height"], answer["box"]) == (128, 96, BOX), answer
        for status, body in ((200, WHOLE), (404, None)):
            async with browser.session.get(house.url + answer["url"].lstrip("/")) as got:
                assert got.status == status and body in (None, await got.read())
                assert got.headers["Content-Type"].startswith("image/jpeg" if body else "text/plain")
        assert (await browser.ask("photograph", face=3))["box"] == BOX
        assert (await browser.ask("photograph", face=4))["box"] is None
        # A picture that came as it is, as a browser's camera or a driver sends it; the reading is from long before.
        house.show(STAMP + 2_000_000_000)
        answer = await browser.ask("photograph", face=3)
        assert answer["box"] is None
        async with browser.session.get(house.url + answer["url"].lstrip("/")) as got:
            assert await got.read() == JPEG
        monkeypatch.setattr("fer_ros.dashboard.talking.hub.STALE", 0.0)
        assert (await browser.ask("photograph"))["code"] == "unavailable"  # the camera has stopped

    house.visit(script)
