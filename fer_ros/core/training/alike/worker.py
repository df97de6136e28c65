"""The process that finds the samples most like a face; the dashboard starts it while somebody looks at them.

One line of JSON on standard input asks, one on standard output answers. It is a process of its own, so that reading
bags and running the network a second time hold up neither the page nor the robot, and its memory is free afterwards.
"""

from __future__ import annotations

import base64
import dataclasses
import sys
from typing import TYPE_CHECKING, Any

from fer_ros.core.base import isolation

if TYPE_CHECKING:
    from fer_ros.core.training.alike.samples import Alike

#: So much it gives way to others.
NICE = 10


class _Finder:
    """Keeps the samples of the last model, unless something has failed."""

    def __init__(self) -> None:
        self._kept: Alike | None = None

    def answer(self, asked: Any) -> dict[str, Any]:
        from fer_ros.core.training.alike.samples import Alike

        kept, self._kept = self._kept, None
        known = kept if kept is not None and kept.model == asked["model"] and kept.fresh else Alike(asked["model"])
        told = {"samples": _answer(known, asked)}
        self._kept = known
        return told


def main() -> int:
    """Answer until standard input ends."""
    return isolation.serve(NICE, _Finder().answer)


def _answer(known: Alike, asked: dict[str, Any]) -> list[dict[str, Any]]:
    from fer_ros.core.base import registry
    from fer_ros.core.base.types import Roi
    from fer_ros.core.vision import choosing, images

    image = images.decode_compressed(base64.b64decode(asked["picture"]))
    # A picture that is shown may be smaller than the one that was read.
    share = image.shape[1] / asked["width"]
    box = [round(value * share) for value in asked["box"]]
    eyes = [(x * share, y * share) for x, y in asked["eyes"]]
    framing = registry.load("detectors", choosing.resolve(asked["detector"])).framing
    found = known.nearest(image, Roi(*box), (eyes[0], eyes[1]) if len(eyes) == 2 else None, framing, asked["most"])
    return [dataclasses.asdict(sample) for sample in found]


if __name__ == "__main__":
    sys.exit(main())
