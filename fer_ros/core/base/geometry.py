"""From a detector's box to a network's input: two small values that plugins state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fer_ros.core.base.errors import ConfigError, quoted
from fer_ros.core.base.types import Roi

SCALINGS = ("standardize", "minus_one_to_one", "zero_to_one")


@dataclass(frozen=True, slots=True)
class Framing:
    """From a detector's box to the square that the models were trained on.

    :ivar scale: side of the crop over the longer side of the box.
    :ivar dx: shift of the centre to the right, in sides of the box.
    :ivar dy: shift of the centre downwards, in sides of the box.
    """

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    def square(self, roi: Roi) -> tuple[float, float, float]:
        """Centre x, centre y and side of the crop in pixels of the full image; may reach beyond it."""
        side = float(max(roi.width, roi.height))
        cx, cy = roi.centre
        return cx + self.dx * side, cy + self.dy * side, side * self.scale


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The input of a network.

    :ivar width: pixels.
    :ivar height: pixels.
    :ivar channels: 1 grey, 3 RGB.
    :ivar scaling: ``standardize``: zero mean, unit deviation within the crop, which takes out brightness and contrast;
        ``minus_one_to_one``: x / 127.5 − 1, as Keras' MobileNet expects; ``zero_to_one``: x / 255.
    """

    width: int = 48
    height: int = 48
    channels: int = 1
    scaling: str = "standardize"

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            if type(value) is not int or not 8 <= value <= 1024:
                raise ConfigError(f"input {name} must be an integer from 8 to 1024, got {quoted(value)}")
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise ConfigError(f"input channels must be 1 or 3, got {quoted(self.channels)}")
        if self.scaling not in SCALINGS:
            raise ConfigError(f"input scaling {quoted(self.scaling)} is not known: choose one of {', '.join(SCALINGS)}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``model.yaml``."""
        return asdict(self)
