"""Errors whose message is one line that says what to do; commands and nodes show it without a traceback."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from typing import Any

#: Characters of a foreign text that a message repeats at most.
MAX_QUOTED = 80


class FerError(Exception):
    """Something the user can mend. ``str(error)`` is one line that names the cause and the cure.

    :ivar code: what it is, for programs that word it themselves, a key of :data:`fer_ros.core.base.reasons.CODES`;
            empty: only the line tells.
    :ivar values: what the line names, as text.
    """

    def __init__(self, message: str = "", code: str = "", **values: object) -> None:
        super().__init__(message)
        self.code = code
        self.values = {name: str(value) for name, value in values.items()}

    def said(self) -> dict[str, Any]:
        """The line as ``message``, with ``code`` and ``values``."""
        return {"message": str(self), "code": self.code, "values": self.values}


class ConfigError(FerError):
    """A setting, name or file is wrong: trying again cannot help, so the process ends with a status other than 0."""


class SourceUnavailable(FerError):
    """A camera is absent, busy or silent now; trying again later may help."""


class BadImage(FerError):
    """An image cannot be decoded.

    :ivar reason: a short key for counters, such as ``step`` or ``encoding``.
    :ivar short: a few words for a count of files, such as ``cut off``.
    """

    def __init__(self, reason: str, message: str, short: str = "") -> None:
        super().__init__(message)
        self.reason, self.short = reason, short or "unreadable"


def reason(error: BaseException) -> str:
    """The first line of an error's text, or its type if it has none, for one-line messages."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


#: What helps against an error of the operating system, where it is not the disk itself that fails; and its code.
_CURES = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): ("free some space on the disk", "disk_full"),
    (errno.EROFS,): (
        "the file system is read-only: mount it for writing, or set FER_HOME to another folder",
        "disk_read_only",
    ),
    (errno.EACCES, errno.EPERM): (
        "you may not write it: change its permissions, or set FER_HOME to another folder",
        "disk_forbidden",
    ),
    (errno.ENOENT, errno.ENOTDIR, errno.ESTALE): ("the folder is not there any more: put it back", "folder_gone"),
    (errno.EMFILE, errno.ENFILE): (
        "too many files are open: end what holds them, or raise the limit (`ulimit -n`)",
        "files_open",
    ),
}


def cure(error: OSError) -> str:
    """What to do against an error of writing, such as ``free some space on the disk``; part of a sentence."""
    return next((text for numbers, (text, _) in _CURES.items() if error.errno in numbers), "look after the disk")


def disk_code(error: OSError) -> str:
    """The code of an error of writing, such as ``disk_full``."""
    return next((code for numbers, (_, code) in _CURES.items() if error.errno in numbers), "disk_fails")


def quoted(value: object) -> str:
    """A value from outside, ready for a message: as Python writes it, short and on one line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return f"({type(value).__name__})"
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name that does not exist; it lists the right ones and guesses the intended one.

    :param kind: what the name stands for, such as ``"detector"``.
    :param name: the requested name.
    :param known: all names that exist.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name[:MAX_QUOTED], names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    text = f"unknown {kind} {quoted(name)}{hint}: choose one of {', '.join(names) or '(none installed)'}"
    return ConfigError(text, "unknown_name", kind=kind, name=name)
