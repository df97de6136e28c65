"""Keys of a terminal, one by one and without waiting for the return key; works over SSH."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator

#: Seconds in which the rest of an escape sequence comes, also over a slow line.
_SEQUENCE = 0.05
ESCAPE, END_OF_INPUT = "\x1b", "\x04"


class Keys:
    """Reads the keys that are typed. Arrow and function keys, which come as several characters, are ignored."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._ended = False

    def read(self, timeout: float) -> str:
        """Wait for a key.

        :param timeout: seconds to wait at most.
        :returns: the character; empty where none came in time; :data:`END_OF_INPUT` once the terminal is gone.
        """
        character = self._next(timeout)
        if character != ESCAPE:
            return character
        self._skip_sequence()
        return ""

    def _skip_sequence(self) -> None:
        """Read past the rest of a key's sequence (ECMA-48, 5.4; xterm's function keys), and no further."""
        kind = self._next(_SEQUENCE)
        if kind == "O":
            self._next(_SEQUENCE)
        while kind == "[" and (character := self._next(_SEQUENCE)):
            if "@" <= character <= "~" or character == END_OF_INPUT:
                return

    def _next(self, timeout: float) -> str:
        if self._ended:
            time.sleep(timeout)
            return END_OF_INPUT
        if not select.select([self._handle], [], [], timeout)[0]:
            return ""
        try:
            data = os.read(self._handle, 1)
        except OSError:  # the terminal has hung up
            data = b""
        self._ended = not data
        # Of a key beyond ASCII the bytes come one by one; none of them is a key of ours.
        return data.decode("latin-1") or END_OF_INPUT


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """Read the keys of the terminal at standard input, and leave it as it was."""
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        yield Keys(handle)
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, before)


class Hold:
    """Tells which key is held down. A terminal repeats a held key, and says nothing when it is released."""

    #: Seconds until a terminal begins to repeat (X11: 0.66, macOS up to 0.5), and between repetitions at most, with a
    #: share for the jitter of a network.
    FIRST, NEXT = 0.8, 0.3

    def __init__(self) -> None:
        self.key = ""
        self._until = 0.0

    def press(self, key: str, now: float) -> bool:
        """Take a key that came.

        :param now: seconds of a steady clock.
        :returns: whether it is another one than was held.
        """
        fresh = key != self.key
        self.key = key
        self._until = now + (self.FIRST if fresh else self.NEXT)
        return fresh

    def let_go(self, now: float) -> bool:
        """Whether the held key has been released; only the first call after that says so."""
        if not self.key or now < self._until:
            return False
        self.key = ""
        return True
