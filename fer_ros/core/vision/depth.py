"""How samples of more than eight bits become eight: by the bits that are used, or stretched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.types import ImageArray

AUTO = "auto"
HELP = "bits that 16-bit pictures use, such as 10; auto: stretch each picture (default: 16)"
#: Bits that go unused before a picture counts as one that uses few.
UNUSED = 3
#: Percentiles that become black and white where a picture is stretched; samples that they are taken from, at most.
LOW, HIGH, LOOKED_AT = 1.0, 99.0, 100_000


@dataclass(frozen=True, slots=True)
class Depth:
    """The bits of a sample that are used.

    :ivar bits: 8 to 16; 0: as many as the picture's header states, 16 where it states none.
    :ivar stretch: take black and white from each picture instead: its percentiles 1 and 99.
    """

    bits: int = 0
    stretch: bool = False

    def eight(
        self, samples: npt.NDArray[Any], stated: int = 16, note: Callable[[str], None] | None = None
    ) -> ImageArray:
        """The samples as eight bits.

        :param samples: uint16, or float (0 to 1, unless they are stretched), of any shape.
        :param stated: bits that the header states.
        :param note: is told where the picture uses so few of its bits that it comes out dark.
        :returns: uint8, of the same shape.
        """
        if self.stretch:
            return _stretched(samples)
        if samples.dtype.kind == "f":
            return cv2.convertScaleAbs(np.maximum(samples, 0), alpha=255.0).astype(np.uint8, copy=False)
        bits = self.bits or stated
        if note is not None and not self.bits and samples.size:
            used = int(samples.max()).bit_length()
            if 0 < used <= stated - UNUSED:
                note(f"it uses {used} of {stated} bits and comes out dark: set bits to {max(used, 8)}, or to auto")
        small = samples >> (bits - 8)
        return np.asarray(small if bits == 16 else np.minimum(small, 255), dtype=np.uint8)


#: What the header states.
PLAIN = Depth()


def parse(text: str) -> Depth:
    """The depth that a setting means.

    :param text: empty, a number from 8 to 16, or ``auto``.
    :raises ConfigError: it is something else.
    """
    if text in ("", AUTO):
        return Depth(stretch=text == AUTO)
    try:
        bits = int(text)
    except ValueError:
        bits = 0
    if not 8 <= bits <= 16:
        raise ConfigError(f"bits = {quoted(text)} is not allowed: give 8 to 16, or {AUTO}")
    return Depth(bits)


def _stretched(samples: npt.NDArray[Any]) -> ImageArray:
    some = samples.reshape(-1)[:: max(1, samples.size // LOOKED_AT)]
    some = some[np.isfinite(some)]
    low, high = np.percentile(some, (LOW, HIGH)) if some.size else (0.0, 0.0)
    scale = 255.0 / max(float(high - low), 1e-9)
    values = (np.nan_to_num(samples.astype(np.float32)) - np.float32(low)) * np.float32(scale)
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
