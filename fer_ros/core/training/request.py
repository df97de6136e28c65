"""What a training is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.core.training.options import Options


@dataclass(frozen=True, slots=True)
class Request:
    """What to train.

    :ivar bags: folders of bags.
    :ivar name: of the new model; empty for one with the time of day.
    """

    bags: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    name: str = ""
