"""What of a dataset cannot be used: named once, counted, left out; or refused."""

from __future__ import annotations

import logging
from collections import Counter

from fer_ros.core.base.errors import ConfigError

log = logging.getLogger(__name__)


class LeftOut:
    """Counts what is left out, by reason. The first of each reason is named in the log, further ones only counted.

    :ivar counts: reason → how many.
    """

    def __init__(self, strict: bool = False, quiet: bool = False) -> None:
        """Begin with nothing.

        :param strict: refuse instead.
        :param quiet: log nothing, for a second pass over the same data.
        """
        self.strict, self.quiet = strict, quiet
        self.counts: Counter[str] = Counter()

    def add(self, name: str, reason: str, detail: str = "") -> None:
        """Leave one thing out.

        :param name: what it is, such as a file or ``fer2013.csv: line 7``.
        :param reason: a few words of which there are not many different ones, such as ``unreadable``.
        :param detail: what is wrong with this one.
        :raises ConfigError: ``strict``.
        """
        what = f"{reason} ({detail})" if detail else reason
        if self.strict:
            raise ConfigError(f"{name}: {what}; without --strict it is left out")
        if not self.counts[reason] and not self.quiet:
            log.warning("%s: left out, %s; further ones are only counted", name, what)
        self.counts[reason] += 1

    def __str__(self) -> str:
        return summary(self.counts)


def summary(counts: dict[str, int]) -> str:
    """Reasons and counts in one line, such as ``3 unreadable, 1 of unknown label 'odd'``; empty where there is none."""
    return ", ".join(f"{count} {reason}" for reason, count in counts.items() if count)
