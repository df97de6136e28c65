"""What a training should do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.training.options import Options


@dataclass(frozen=True, slots=True)
class Request:
    """What to train.

    :ivar bags: folders of bags.
    :ivar name: of the new model; empty for one with the time of day.
    :ivar without: labels that are left out.
    :ivar settings: of the head, setting name → value; those left out are the head's own defaults.
    :ivar workers: processes that embed faces, and ``cluster`` the address of a scheduler whose workers do so; see
        :func:`fer_ros.core.engine.opened`.
    :ivar cache: folder or fsspec address where embeddings are kept; empty for ``$FER_HOME``.
    """

    bags: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    workers: int = 1
    cluster: str = ""
    cache: str = ""
