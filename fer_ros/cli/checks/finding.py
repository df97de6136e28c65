"""The findings of a check."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

#: From good to bad. ``info`` is a fact that is neither.
LEVELS = ("info", "ok", "warning", "error")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    :ivar level: one of :data:`LEVELS`; ``error`` means that something the robot needs does not work.
    :ivar text: what is, or what is wrong.
    :ivar cure: how to mend it; empty where nothing is to be mended, or ``text`` says it already.
    :ivar facts: the same for machines, plain values.
    """

    level: str
    text: str
    cure: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def ok(text: str, **facts: Any) -> Finding:
    """It works."""
    return Finding("ok", text, "", facts)


def info(text: str, **facts: Any) -> Finding:
    """A fact that is neither good nor bad."""
    return Finding("info", text, "", facts)


def warning(text: str, cure: str, **facts: Any) -> Finding:
    """The robot works, but not everything does, or not everywhere."""
    return Finding("warning", text, cure, facts)


def error(text: str, cure: str, **facts: Any) -> Finding:
    """Something the robot needs does not work."""
    return Finding("error", text, cure, facts)
