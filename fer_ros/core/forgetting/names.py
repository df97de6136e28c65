"""Neutral names for what is called after the person: bags, their files, and models.

The same name gets the same new one everywhere, also after a kill: the journal remembers them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

#: Beginnings of new names: the first in which nobody's name is found.
_BEGINNINGS = ("renamed", "other", "x")
_NUMBERED = re.compile(r"_(\d+)$")


class Names:
    """New names by old ones."""

    def __init__(self, named_in: Callable[[str], bool]) -> None:
        """:param named_in: whether a text holds the person's name."""
        self.named_in = named_in
        self.known: dict[str, str] = {}

    def know(self, known: Any) -> None:
        """Take over what a journal says."""
        if isinstance(known, Mapping):
            self.known |= {str(old): str(new) for old, new in known.items() if not self.named_in(str(new))}

    def whole(self, old: str, taken: Collection[str]) -> str:
        """The name of a bag or model: the old one, unless it holds the person's name.

        :param taken: names that others have.
        """
        begin = next((text for text in _BEGINNINGS if not self.named_in(f"{text}-1")), "o")
        choices = (f"{begin}-{number}" for number in itertools.count(1))
        return self._new(old, old, choices, {*taken, *self.known.values()})

    def file(self, bag: str, name: str, taken: Collection[str]) -> str:
        """The name of a bag's file, with whatever follows upon its stem.

        :param bag: the old name of the bag; its new one must be known.
        :param taken: names of the files that are there.
        """
        stem, rest = split(name)
        begin = self.known.get(bag, bag)
        number = _NUMBERED.search(stem)
        choices = itertools.chain(
            [f"{begin}_{number[1]}"] if number else [], (f"{begin}_{other}" for other in itertools.count(1))
        )
        stems = {split(other)[0] for other in taken} | {
            new for old, new in self.known.items() if old.startswith(f"{bag}/")
        }
        return self._new(f"{bag}/{stem}", stem, choices, stems) + rest

    def _new(self, key: str, old: str, choices: Iterator[str], taken: Collection[str]) -> str:
        if not self.named_in(old):
            return old
        if key not in self.known:
            self.known[key] = next(choice for choice in choices if choice not in taken)
        return self.known[key]

    def in_text(self, text: str) -> str:
        """A text with the new names of bags and models in the place of the old ones."""
        whole = {old: new for old, new in self.known.items() if "/" not in old}
        if text in whole or not whole:
            return whole.get(text, text)
        longest = "|".join(re.escape(name) for name in sorted(whole, key=len, reverse=True))
        return re.sub(rf"(?<![\w.-])({longest})(?![\w-])", lambda found: whole[found[1]], text)


def split(name: str) -> tuple[str, str]:
    """The stem of a file of a bag, and the rest: ``.mcap``, ``.db3-wal``, ``.mcap.backup2``, ``.mcap.zstd``."""
    for suffix in (".mcap", ".db3"):
        stem, found, rest = name.partition(suffix)
        if found and stem:
            return stem, suffix + rest
    return name, ""


def of_a_bag(name: str) -> bool:
    """Whether a file's name is that of a file of a bag."""
    return bool(split(name)[1])
