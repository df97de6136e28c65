"""The camera of a browser as a source, alone and within `auto`."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.capture import video_devices
from fer_ros.core.capture.browser_link import StampedJpeg, connect, default_socket, packed
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.plugins.sources.auto import AutoSettings, AutoSource
from fer_ros.plugins.sources.browser import MAX_AGE, BrowserSettings, BrowserSource

JPEG = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))
NOW = 1_700_000_000_000_000_000


@pytest.fixture
def source(fer_home: Path) -> Iterator[BrowserSource]:
    source = BrowserSource(BrowserSettings(max_pixels=10_000), clock=lambda: NOW)
    source.open()
    yield source
    source.close()


@pytest.fixture
def sender(source: BrowserSource) -> Iterator[socket.socket]:
    with connect(default_socket()) as sender:
        assert source.poll()
        yield sender


def test_a_picture_becomes_a_frame(source: BrowserSource, sender: socket.socket) -> None:
    sender.sendall(packed(StampedJpeg(NOW - 5_000_000, JPEG)))
    frame = source.read(5.0)
    assert frame.stamp == NOW - 5_000_000 and frame.image.shape == (48, 64, 3)
    assert source.description == "browser 64x48"


@pytest.mark.parametrize(("stamp", "expected"), [(NOW + 10**15, NOW), (5, NOW - MAX_AGE), (2**64 - 1, NOW)])
def test_a_stamp_that_cannot_be_is_put_right(
    source: BrowserSource, sender: socket.socket, stamp: int, expected: int
) -> None:
    sender.sendall(packed(StampedJpeg(stamp, JPEG)))
    assert source.read(5.0).stamp == expected


def test_stamps_never_stand_still(source: BrowserSource, sender: socket.socket) -> None:
    stamps = []
    for _ in range(3):
        sender.sendall(packed(StampedJpeg(NOW, JPEG)))
        stamps.append(source.read(5.0).stamp)
    assert stamps == [NOW, NOW + 1, NOW + 2]


def test_what_is_no_picture_is_passed_over(source: BrowserSource, sender: socket.socket) -> None:
    large = encode_jpeg(np.zeros((200, 200, 3), np.uint8))
    for data in (b"nonsense", b"", large, JPEG[:-20]):
        sender.sendall(packed(StampedJpeg(NOW, data)))
        with pytest.raises(SourceUnavailable, match="no browser"):
            source.read(0.05)
    sender.sendall(packed(StampedJpeg(NOW, JPEG)))
    assert source.read(5.0).image.shape == (48, 64, 3)
    assert sum(source.left_out.counts.values()) == 4 and source.left_out.counts["too large"] == 1


def test_without_a_browser_it_says_what_to_do(source: BrowserSource) -> None:
    with pytest.raises(SourceUnavailable, match="open the dashboard"):
        source.read(0.05)


def test_a_browser_that_stops_is_told_from_one_that_never_was(source: BrowserSource, sender: socket.socket) -> None:
    sender.sendall(packed(StampedJpeg(NOW, JPEG)))
    source.read(5.0)
    sender.close()
    with pytest.raises(SourceUnavailable, match="stopped lending"):
        source.read(5.0)


def test_auto_takes_a_browser_while_it_lends_its_camera(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_devices, "list_devices", list)
    source = AutoSource(AutoSettings(width=160, height=120))
    source.open()
    assert source.read(1.0).image.shape == (120, 160, 3)
    with connect(default_socket()) as sender:
        sender.sendall(packed(StampedJpeg(time.time_ns(), JPEG)))
        assert source.read(1.0).image.shape == (48, 64, 3)
        assert source.description == "auto: browser 64x48"
    with pytest.raises(SourceUnavailable):
        source.read(5.0)
    source.close()
    source.open()
    assert source.read(1.0).image.shape == (120, 160, 3)
    source.close()


def test_a_second_auto_goes_without_browsers(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_devices, "list_devices", list)
    first, second = AutoSource(), AutoSource()
    first.open()
    second.open()
    assert second.read(1.0).image.shape == first.read(1.0).image.shape
    second.close()
    connect(default_socket()).close()
    first.close()
