"""The font of the faces, for browsers on machines without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer_ros.core.base.emoticons import Emoticons

ROOT = Path(__file__).resolve().parents[2]


def test_it_has_every_emoticon() -> None:
    fonts = pytest.importorskip("fontTools.ttLib")
    found = fonts.TTFont(ROOT / "web" / "src" / "styles" / "emoji.woff")
    assert found["COLR"].version == 1
    wanted = {letter for row in Emoticons.load().to_dict().values() for sign in row for letter in sign}
    assert {ord(letter) for letter in wanted} - {0xFE0F} <= set(found.getBestCmap())
    for page in ("fer_ros/dashboard/static", "fer_ros/core/exporting/page"):
        assert "SIL OPEN FONT LICENSE" in (ROOT / page / "emoji_NOTICE.md").read_text()
