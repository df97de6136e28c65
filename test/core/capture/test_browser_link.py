"""The socket between the dashboard and the source `browser`."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.capture.browser_link import BUSY, HEADER, MAX_PICTURE, READY, Receiver, StampedJpeg, connect, packed


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    # Deeper than a socket's address is long.
    receiver = Receiver(tmp_path / ("deep" * 30) / "x.sock")
    receiver.open()
    yield receiver
    receiver.close()


def send(receiver: Receiver) -> socket.socket:
    sender = connect(receiver.path)
    assert receiver.read(0.0) is None
    assert sender.recv(1) == READY
    return sender


def test_the_newest_of_what_has_come_counts(receiver: Receiver) -> None:
    sender = send(receiver)
    sender.sendall(b"".join(packed(StampedJpeg(stamp, b"%d" % stamp)) for stamp in range(1, 6)))
    assert receiver.read(5.0) == StampedJpeg(5, b"5")
    assert receiver.read(0.0) is None


def test_a_picture_in_pieces_is_put_together(receiver: Receiver) -> None:
    sender, data = send(receiver), packed(StampedJpeg(7, bytes(100)))
    for at in range(0, len(data), 9):
        sender.sendall(data[at : at + 9])
        found = receiver.read(0.0)
    assert found == StampedJpeg(7, bytes(100))


def test_one_sender_at_a_time(receiver: Receiver) -> None:
    first, second = send(receiver), connect(receiver.path)
    receiver.read(0.0)
    assert second.recv(1) == BUSY and second.recv(1) == b""
    first.close()
    began = time.monotonic()
    assert receiver.read(30.0) is None  # at once
    assert time.monotonic() - began < 20 and not receiver.connected
    send(receiver)


def test_a_sender_of_nonsense_is_dropped(receiver: Receiver) -> None:
    sender = send(receiver)
    sender.sendall(HEADER.pack(MAX_PICTURE + 1, 0))
    assert receiver.read(5.0) is None
    assert not receiver.connected


def test_only_the_owner_can_connect_and_nothing_is_left(receiver: Receiver) -> None:
    assert stat.S_IMODE(os.stat(receiver.path).st_mode) == 0o600
    receiver.close()
    receiver.close()
    assert not receiver.path.exists()
    with pytest.raises(OSError, match=r"No such file|refused"):
        connect(receiver.path)


def test_two_sources_do_not_share_it(receiver: Receiver) -> None:
    with pytest.raises(SourceUnavailable, match="another source"):
        Receiver(receiver.path).open()
    assert receiver.path.exists()


def test_what_a_killed_process_has_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    receiver = Receiver(path)
    receiver.open()
    connect(path).close()
    receiver.close()


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="set the source's socket"):
        Receiver(tmp_path / "file" / "x.sock").open()
