"""What is known of a picture before it is decoded, and the errors of what is none."""

from __future__ import annotations

from dataclasses import dataclass

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision.kinds import Kind


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says.

    :ivar width: pixels, as ``height``.
    :ivar end: bytes that belong to the picture; what stands behind is ignored.
    :ivar cost: bytes of memory per pixel that decoding takes at its peak, roughly.
    :ivar bits: of a sample, 8 to 16, as far as the header says it; 32 for fractions.
    :ivar frames: 2 where there are two or more.
    :ivar profile: first byte and end of a colour profile that is not needed; equal: there is none.
    """

    kind: Kind
    width: int
    height: int
    end: int
    cost: int
    bits: int = 8
    frames: int = 1
    profile: tuple[int, int] = (0, 0)


def damaged(kind: Kind, why: str) -> BadImage:
    """The error for a picture that breaks the rules of its format."""
    return BadImage("compression", f"the {kind} is damaged: {why}", "damaged")


def cut_off(kind: Kind) -> BadImage:
    """The error for a missing end. A decoder fills it with grey, which must not be taken for a scene."""
    return BadImage("compression", f"the {kind} is cut off: its end is missing", "cut off")


def within(kind: Kind, end: int, data: memoryview) -> int:
    """The number of bytes that belong to the picture.

    :raises BadImage: there are not so many.
    """
    if end > len(data):
        raise cut_off(kind)
    return end


def big(data: memoryview, at: int, size: int) -> int:
    """An unsigned number, the high byte first.

    :raises IndexError: the data end before.
    """
    return _number(data, at, size, "big")


def little(data: memoryview, at: int, size: int) -> int:
    """An unsigned number, the low byte first.

    :raises IndexError: the data end before.
    """
    return _number(data, at, size, "little")


def _number(data: memoryview, at: int, size: int, order: str) -> int:
    part = data[at : at + size]
    if len(part) < size:
        raise IndexError("the data end too early")
    return int.from_bytes(part, order)  # type: ignore[arg-type]
