"""Rates, clocks, links, certificates and files of the page."""

from __future__ import annotations

import gzip
import ssl
import stat
from pathlib import Path

import aiohttp
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.dashboard.serving import links, tls
from fer_ros.dashboard.serving.limits import Bucket, Flood, Limit
from fer_ros.dashboard.serving.static_files import StaticFiles
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.dashboard.talking.clock import ClockOffset


def test_a_bucket_lets_through_its_burst_and_then_its_rate() -> None:
    now = 0.0
    bucket = Bucket(10, 5, lambda: now)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now = 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert sum(bucket.take() for _ in range(100)) == 5


def test_a_flood_is_told_from_being_a_little_too_fast() -> None:
    now = 0.0
    limit = Limit(10, 10, lambda: now)
    assert sum(limit.take() for _ in range(30)) == 10
    with pytest.raises(Flood):
        limit.take()


def test_the_offset_is_that_of_the_shortest_round_trip() -> None:
    clock = ClockOffset()
    assert clock.offset is None and clock.ours(5.0) is None
    for sent, back, theirs in ((0.0, 100.0, 5_090.0), (1_000.0, 1_002.0, 6_001.0), (2_000.0, 2_400.0, 7_000.0)):
        clock.pong(clock.ping(sent), theirs, back)
    assert clock.offset == 5_000.0 and clock.round_trip == 2.0
    assert clock.ours(6_001.0) == 1_001.0


def test_answers_to_pings_that_were_never_sent_change_nothing() -> None:
    clock = ClockOffset()
    number = clock.ping(0.0)
    clock.pong(99, 1e9, 1.0)
    clock.pong(number, 1e9, -5.0)
    clock.pong(number, 1e9, 5.0)
    for _ in range(1_000):
        clock.ping(0.0)
    assert clock.offset is None and len(clock._sent) < 10


def test_the_token_is_where_browsers_do_not_send_it() -> None:
    assert links.url("192.168.1.5", 8765, True, "abc") == "https://192.168.1.5:8765/#token=abc"
    assert links.url("::1", 80, False) == "http://[::1]:80/"


def test_the_qr_code_is_square_and_holds_the_link() -> None:
    import cv2
    import numpy as np

    text = "https://192.168.1.5:8765/#token=abcdefgh"
    rows = links.qr_rows(text)
    assert {len(row) for row in rows} == {len(rows)} and set("".join(rows)) == {"0", "1"}
    picture = 255 * (1 - np.pad(np.array([[int(c) for c in row] for row in rows], np.uint8), 4))
    found, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))
    assert found == text
    assert len(links.qr_text(text).splitlines()) > 10


def test_our_own_certificate_is_kept_and_private(fer_home: Path) -> None:
    settings = DashboardSettings(self_signed=True)
    assert isinstance(tls.context(settings), ssl.SSLContext)
    certificate, key = tls.own_certificate()
    before = certificate.read_bytes()
    assert tls.own_certificate()[0].read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    (certificate.parent / "names").write_text("another machine")
    assert tls.own_certificate()[0].read_bytes() != before


def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    one, two = tmp_path / "one.pem", tmp_path / "two.pem"
    with pytest.raises(ConfigError, match="no file"):
        tls.context(DashboardSettings(certificate=str(one), key=str(two)))
    one.write_text("no certificate")
    two.write_text("no key")
    with pytest.raises(ConfigError, match="no certificate and key that fit"):
        tls.context(DashboardSettings(certificate=str(one), key=str(two)))


@pytest.fixture
def page(tmp_path: Path) -> StaticFiles:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("1;")
    (tmp_path / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"1;"))
    (tmp_path / ".secret").write_text("no")
    (tmp_path.parent / "outside.txt").write_text("no")
    return StaticFiles(tmp_path)


def _answer(page: StaticFiles, name: str, **headers: str) -> aiohttp.web.Response:
    from aiohttp.test_utils import make_mocked_request

    request = make_mocked_request("GET", f"/{name}", headers=headers, match_info={"name": name})
    return page.answer(request)


def test_hashed_files_are_kept_for_good_and_come_packed(page: StaticFiles) -> None:
    answer = _answer(page, "assets/app-1a2b.js", **{"Accept-Encoding": "br, gzip;q=0.5"})
    assert answer.headers["Content-Encoding"] == "gzip" and "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert isinstance(answer.body, bytes) and gzip.decompress(answer.body) == b"1;"
    for refused in ("identity", "gzip;q=0", ""):
        assert _answer(page, "assets/app-1a2b.js", **{"Accept-Encoding": refused}).body == b"1;"


def test_the_page_itself_is_asked_for_again(page: StaticFiles) -> None:
    answer = _answer(page, "")
    assert answer.body == b"<!doctype html>" and answer.headers["Cache-Control"] == "no-cache"
    assert _answer(page, "", **{"If-None-Match": answer.headers["ETag"]}).status == 304


@pytest.mark.parametrize(
    "name", [".secret", "../outside.txt", "assets", "assets/app-1a2b.js.gz", "/etc/passwd", "a\0b"]
)
def test_nothing_else_is_given_out(page: StaticFiles, name: str) -> None:
    assert _answer(page, name).status == 404
