"""What was read from a face, as JSON: the part that the sink ``json_lines`` and the dashboard's page have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

#: Any node may publish messages: so much of a text, and so many names, are handed on.
MAX_NAMES, MAX_TEXT = 256, 500


class Reading(Protocol):
    """The fields that ``Emotion`` and the message of that name share."""

    @property
    def label(self) -> str: ...

    @property
    def confidence(self) -> float: ...

    @property
    def quality(self) -> float: ...

    @property
    def hindrance(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def emoticon(self) -> str: ...

    @property
    def emoticons(self) -> Sequence[str]: ...


def reading(face: Reading, eyes: Iterable[Sequence[float]], digits: int) -> dict[str, Any]:
    """The label and what goes with it.

    :param eyes: (x, y) of each, pixels.
    :param digits: of the confidence, behind the point.
    """
    return {
        "eyes": [[number(x, 1), number(y, 1)] for x, y in eyes],
        "quality": number(face.quality, 3),
        "hindrance": face.hindrance[:MAX_TEXT],
        "subject": face.subject[:MAX_TEXT],
        "label": face.label[:MAX_TEXT],
        "confidence": number(face.confidence, digits),
        "emoticon": face.emoticon[:MAX_TEXT],
        "emoticons": names(face.emoticons),
    }


def number(value: float, digits: int | None = None) -> float | None:
    """A figure; None for what JSON cannot say.

    :param digits: behind the point; None keeps them all.
    """
    value = float(value)
    if not math.isfinite(value):
        return None
    return value if digits is None else round(value, digits)


def names(given: Sequence[str]) -> list[str]:
    """Labels or emoticons."""
    return [name[:MAX_TEXT] for name in given[:MAX_NAMES]]
