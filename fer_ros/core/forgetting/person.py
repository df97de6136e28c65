"""The person to forget: finds their name in texts, and knows their pictures."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from fer_ros.core.bags.messages import check_subject
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.forgetting.names import Names

#: Characters from which a name is looked for inside of texts; a shorter one only as a whole text.
WORD = 3
#: Bytes of a name from which it is not met by chance; a shorter one must be a field, or in so many readable characters.
CERTAIN, RUN = 6, 12
#: What a JPEG or PNG begins with.
_STARTS = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n")
#: Bytes by which a picture is told in between other data, and where in it they are taken: at the first place that fits.
_KEY, _PLACES = 16, (1024, 256, 32, 0)
#: What stands in a text where the name was.
STRUCK = "…"


class Person:
    """A subject's name, and their pictures as far as they were found.

    :ivar names: what is called otherwise, because its name holds theirs.
    """

    def __init__(self, subject: str) -> None:
        """Take the name as it was typed when recording.

        :raises ConfigError: it is empty or not allowed.
        """
        self.name = check_subject(subject.strip())
        if not self.name:
            raise ConfigError("whom to forget? give the subject of the recordings")
        self.plain = _plain(self.name)
        self._word = re.compile(rf"(?<![^\W_]){re.escape(self.name)}(?![^\W_])", re.IGNORECASE)
        self._bytes = re.compile(b"|".join(_forms(self.name)), re.IGNORECASE)
        wide = (re.escape(self.name.encode(encoding)) for encoding in ("utf-16-le", "utf-32-le"))
        self._wide = re.compile(b"|".join(wide), re.IGNORECASE)
        self.names = Names(self.named_in)
        self._pictures: dict[int, dict[bytes, set[tuple[int, bytes]]]] = {}

    def is_subject(self, text: str) -> bool:
        """Whether a recording of this subject is theirs; case does not matter."""
        return _plain(text) == self.plain

    def named_in(self, text: str) -> bool:
        """Whether a text holds the name as a word."""
        return self.is_subject(text) if len(self.name) < WORD else bool(self._word.search(text))

    def named_in_value(self, value: Any) -> bool:
        """Whether any text in plain values, including the names of entries, holds the name."""
        if isinstance(value, str):
            return self.named_in(value)
        if isinstance(value, dict):
            return any(self.named_in_value(part) for pair in value.items() for part in pair)
        return isinstance(value, (list, tuple)) and any(self.named_in_value(part) for part in value)

    def named_in_bytes(self, data: Any) -> bool:
        """Whether bytes hold the name as a word: as UTF-8, UTF-16, UTF-32, or escaped as in JSON and YAML."""
        if len(self.name) < WORD:
            return False
        if any(self._is_text(data, *found.span()) for found in self._bytes.finditer(data)):
            return True
        # In arrays of numpy one text follows upon the other without anything in between.
        return bool(self._wide.search(data))

    def _is_text(self, data: Any, start: int, end: int) -> bool:
        """Whether a hit is a word rather than chance in a picture: any three letters occur in a megabyte of noise."""
        before, after = bytes(data[max(0, start - RUN) : start]), bytes(data[end : end + RUN])
        if before[-1:].isalnum() or after[:1].isalnum():
            return False
        if end - start >= CERTAIN or (not before.strip(b"\0") and not after.strip(b"\0")):
            return True
        as_field = before[-1:] < b"\x09" and after[:1] in (b"\0", b"")
        return as_field or _readable(before[::-1]) + _readable(after) + end - start >= RUN

    def struck(self, text: str) -> str:
        """A text without the name."""
        if len(self.name) < WORD:
            return "" if self.is_subject(text) else text
        return self._word.sub(STRUCK, text)

    def renamed(self, text: str) -> str:
        """A text without the name, and with the new names of bags and models."""
        return self.struck(self.names.in_text(text))

    def add_picture(self, data: bytes) -> None:
        """Remember a picture of theirs."""
        place = next(place for place in _PLACES if len(data) >= place + _KEY or not place)
        known = self._pictures.setdefault(place, {}).setdefault(data[place : place + _KEY], set())
        known.add((len(data), hashlib.sha256(data).digest()))

    def known(self) -> list[list[int | str]]:
        """The pictures as plain values, see :meth:`know`: place and bytes by which one is found, size, SHA-256."""
        return [
            [place, key.hex(), size, digest.hex()]
            for place, keys in self._pictures.items()
            for key, known in keys.items()
            for size, digest in sorted(known)
        ]

    def know(self, picture: Any) -> None:
        """Know a picture again that :meth:`known` has told; what is none is left aside."""
        try:
            place, key, size, digest = picture
            told = bytes.fromhex(key), (int(size), bytes.fromhex(digest))
        except (TypeError, ValueError):
            return
        if place in _PLACES:
            self._pictures.setdefault(place, {}).setdefault(told[0], set()).add(told[1])

    def shown_in_bytes(self, data: Any) -> bool:
        """Whether bytes hold one of their pictures, whole and unchanged."""
        return bool(self._pictures) and any(self._shown_at(data, found.start()) for found in _STARTS.finditer(data))

    def _shown_at(self, data: Any, at: int) -> bool:
        for place, known in self._pictures.items():
            for size, digest in known.get(bytes(data[at + place : at + place + _KEY]), ()):
                if hashlib.sha256(data[at : at + size]).digest() == digest:
                    return True
        return False


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _forms(name: str) -> Iterator[bytes]:
    yield re.escape(name.encode("utf-8"))
    if not name.isascii():
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, name)
            yield re.escape(text.encode("utf-8"))
            yield re.escape(text.encode("unicode_escape"))


def _readable(data: bytes) -> int:
    """How many readable characters of ASCII it begins with."""
    return next((place for place, byte in enumerate(data) if not 0x20 <= byte < 0x7F), len(data))
