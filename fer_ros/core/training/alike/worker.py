"""The process that finds the samples most like a face; the dashboard starts it while somebody looks at them.

One line of JSON on standard input asks, one on standard output answers. It is a process of its own, so that reading
bags and running the network a second time hold up neither the page nor the robot, and its memory is free afterwards.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

from fer_ros.core.base import isolation

if TYPE_CHECKING:
    from fer_ros.core.training.alike.samples import Alike

#: So much it gives way to others.
NICE = 10


def main() -> int:
    """Answer until standard input ends."""
    out = isolation.answers(NICE)
    from fer_ros.core.base.errors import FerError

    known: Alike | None = None
    for line in sys.stdin:
        try:
            asked = json.loads(line)
            known = _of(asked["model"], known)
            told: dict[str, Any] = {"samples": _answer(known, asked)}
        except FerError as error:
            known, told = None, {"error": str(error), "code": error.code, "values": error.values}
        except Exception as error:
            known, told = None, {"error": f"{type(error).__name__}: {error}", "code": "fault", "values": {}}
        out.write(f"{json.dumps(told)}\n")
        out.flush()
    return 0


def _of(model: str, known: Alike | None) -> Alike:
    from fer_ros.core.training.alike.samples import Alike

    return known if known is not None and known.model == model and known.fresh else Alike(model)


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
