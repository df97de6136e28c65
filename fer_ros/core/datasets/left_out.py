"""Parts of a dataset that cannot be used: counted by reason, the first of each named; or refused."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from fer_ros.core.base.errors import BadImage, ConfigError

log = logging.getLogger(__name__)

#: Names that are kept of each reason.
NAMED = 3


class LeftOut:
    """Counts what is left out, by reason. The first of each reason is named in the log, further ones only counted.

    :ivar counts: reason → how many.
    :ivar names: reason → the first :data:`NAMED` of them.
    :ivar first: a line on the first that is not harmless.
    :ivar notes: what is odd about something that was read all the same → how many.
    """

    def __init__(self, strict: bool = False, quiet: bool = False) -> None:
        """Start empty.

        :param strict: refuse instead.
        :param quiet: log nothing, for a second pass over the same data.
        """
        self.strict, self.quiet = strict, quiet
        self.counts: Counter[str] = Counter()
        self.names: dict[str, list[str]] = {}
        self.notes: Counter[str] = Counter()
        self.first = ""
        #: Reason or note → the line that a quiet one did not log.
        self.untold: dict[str, str] = {}

    def check(self, strict: bool) -> None:
        """Refuse what was left out before it was known that nothing may be.

        :raises ConfigError: ``strict``, and there is something that is not harmless.
        """
        if strict and self.first:
            raise ConfigError(self.first)

    def add(self, name: str, reason: str, detail: str = "", harmless: bool = False) -> None:
        """Leave one thing out.

        :param name: what it is, such as a file or ``fer2013.csv: line 7``.
        :param reason: a few words of which there are not many different ones, such as ``unreadable``.
        :param detail: what is wrong with this one.
        :param harmless: nobody misses it, such as a text among pictures: not refused, and counted without a word.
        :raises ConfigError: ``strict``, and it is not harmless.
        """
        what = f"{reason} ({detail})" if detail and detail != reason else reason
        if not harmless:
            self.first = self.first or f"{name}: {what}; without --strict it is left out"
            self.check(self.strict)
        if not self.counts[reason] and not harmless:
            self._tell(reason, f"{name}: left out, {what}; further ones are only counted")
        self.counts[reason] += 1
        if len(named := self.names.setdefault(reason, [])) < NAMED:
            named.append(name)

    def unreadable(self, name: str, error: BadImage | None) -> None:
        """Leave a picture out that could not be read.

        :raises ConfigError: ``strict``.
        """
        self.add(name, error.short if error else "unreadable", str(error or ""))

    def note(self, name: str, text: str) -> None:
        """Note once what is odd about a picture."""
        if not self.notes[text]:
            self._tell(text, f"{name}: {text}; further ones are only counted")
        self.notes[text] += 1

    def merge(self, other: LeftOut) -> None:
        """Add the counts of another one; what it has not told of a new reason is told now."""
        for reason, line in other.untold.items():
            if not self.counts[reason] and not self.notes[reason]:
                self._tell(reason, line)
        self.first = self.first or other.first
        self.counts.update(other.counts)
        self.notes.update(other.notes)
        for reason, names in other.names.items():
            self.names[reason] = [*self.names.get(reason, ()), *names][:NAMED]

    def _tell(self, reason: str, line: str) -> None:
        if self.quiet:
            self.untold[reason] = line
        else:
            log.warning("%s", line)

    def lines(self) -> list[str]:
        """A line for each reason and each note, such as ``2 cut off: a.jpg, b.jpg``."""
        return lines(self.counts, self.names) + [f"{count} {text}" for text, count in self.notes.items()]

    def __str__(self) -> str:
        return summary(self.counts)


def lines(counts: Mapping[str, int], names: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each reason: how many, and the first of them."""
    out = []
    for reason, count in counts.items():
        named = list(names.get(reason, ()))
        if count:
            more = ", …" if named and count > len(named) else ""
            out.append(f"{count} {reason}" + (f": {', '.join(named)}{more}" if named else ""))
    return out


def summary(counts: Mapping[str, int]) -> str:
    """Reasons and counts in one line, such as ``3 unreadable, 1 of unknown label 'odd'``; empty where there is none."""
    return ", ".join(f"{count} {reason}" for reason, count in counts.items() if count)
