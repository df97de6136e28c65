"""How a phone's pictures get from the dashboard's server to the source ``browser``, which may be another process.

A Unix socket in the user's folder, which only its owner can open. The source listens while it is read; the server
connects when a phone begins to send. On the wire: a greeting of the source, one byte, then for each picture a header
and a JPEG.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.base.errors import ConfigError, SourceUnavailable, reason
from fer_ros.core.base.paths import fer_home, private_folder

#: Length of the JPEG in bytes, stamp of its acquisition in nanoseconds; network byte order.
HEADER = struct.Struct("!IQ")
#: Greetings: the pictures are wanted; somebody else's are.
READY, BUSY = b"r", b"b"
#: Seconds that connecting may take.
CONNECT = 1.0
#: Bytes of a picture at most.
MAX_PICTURE = 8 << 20


@dataclass(frozen=True, slots=True)
class StampedJpeg:
    """A picture as it came.

    :ivar stamp: acquisition, nanoseconds of the node's clock.
    :ivar data: a JPEG, not decoded yet and not to be believed.
    """

    stamp: int
    data: bytes


def default_socket() -> Path:
    """Where the source listens unless told otherwise: ``$FER_HOME/browser.sock``."""
    return fer_home() / "browser.sock"


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path in a form that fits the 108 bytes of a socket's address, however deep the folder lies (Linux)."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path) -> socket.socket:
    """Connect to the source.

    :raises OSError: no source listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT)
    try:
        with _short(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def packed(picture: StampedJpeg) -> bytes:
    """A picture as it goes over the wire."""
    return HEADER.pack(len(picture.data), picture.stamp) + picture.data


class Receiver:
    """The source's end. One thread calls all methods."""

    def __init__(self, path: Path) -> None:
        """Keep the path; nothing is opened yet."""
        self.path = path
        self._listener: socket.socket | None = None
        self._sender: socket.socket | None = None
        self._buffer = bytearray()

    @property
    def connected(self) -> bool:
        """Whether a sender is there."""
        return self._sender is not None

    def open(self) -> None:
        """Listen.

        :raises SourceUnavailable: another source listens there.
        :raises ConfigError: the socket cannot be made.
        """
        self.close()
        try:
            private_folder(self.path.parent)
            if _answers(self.path):
                raise SourceUnavailable(f"another source takes the pictures of browsers already ({self.path})")
            self.path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                with _short(self.path) as address:
                    listener.bind(address)
                os.chmod(self.path, 0o600)
                listener.listen(4)
                listener.setblocking(False)
            except BaseException:
                listener.close()
                raise
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be made: {reason(error)}: set the source's socket") from error
        self._listener = listener

    def close(self) -> None:
        """Stop listening; harmless where nothing is open."""
        self._drop()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
            self.path.unlink(missing_ok=True)

    def read(self, timeout: float) -> StampedJpeg | None:
        """Wait for the newest picture; older ones are skipped.

        :param timeout: seconds to wait at most; 0 only looks.
        :returns: None where none came in time, and at once where the sender goes.
        """
        deadline, newest = time.monotonic() + timeout, None
        while True:
            before = self._sender
            # Once something has come, only what lies there already is looked at.
            wait = 0.0 if newest else max(0.0, deadline - time.monotonic())
            ends = [end for end in (self._listener, self._sender) if end is not None]
            ready, _, _ = select.select(ends, [], [], wait)
            if self._listener in ready:
                self._accept()
            if self._sender in ready:
                self._receive()
            found = self._newest()
            newest = found or newest
            gone = before is not None and self._sender is None
            if gone or (not found and not ready and (newest or time.monotonic() >= deadline)):
                return newest

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError):
            connection.setblocking(False)
            connection.send(BUSY if self._sender else READY)
            if self._sender is None:
                self._sender = connection
                return
        connection.close()

    def _receive(self) -> None:
        assert self._sender is not None
        try:
            data = self._sender.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop()
        self._buffer += data

    def _newest(self) -> StampedJpeg | None:
        """Take the last whole picture out of the buffer, with those before it."""
        newest = None
        while len(self._buffer) >= HEADER.size:
            length, stamp = HEADER.unpack_from(self._buffer)
            if length > MAX_PICTURE:
                self._drop()
                break
            end = HEADER.size + length
            if len(self._buffer) < end:
                break
            newest = StampedJpeg(stamp, bytes(self._buffer[HEADER.size : end]))
            del self._buffer[:end]
        return newest

    def _drop(self) -> None:
        sender, self._sender = self._sender, None
        self._buffer.clear()
        if sender is not None:
            sender.close()


def _answers(path: Path) -> bool:
    """Whether a source listens there; the socket of a killed process does not answer."""
    try:
        with connect(path):
            return True
    except OSError:
        return False
