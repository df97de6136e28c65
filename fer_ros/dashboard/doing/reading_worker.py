"""The process that reads pictures of files for the page, by the model that the robot uses; see :mod:`.helper`."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING, Any

from fer_ros.core.base import isolation

if TYPE_CHECKING:
    from fer_ros.api.reader import Reader

#: So much it gives way to others.
NICE = 10


class _Readers:
    """Keeps the last reader, unless it has failed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Reader] = {}

    def answer(self, asked: Any) -> dict[str, Any]:
        from fer_ros.api.reader import Reader

        wanted = asked["model"], asked["detector"]
        kept, self._kept = self._kept, {}
        reader = kept.get(wanted) or Reader(*wanted)
        told = {"answers": [_answer(reader, base64.b64decode(one)) for one in asked["pictures"]]}
        self._kept = {wanted: reader}
        return told


def main() -> int:
    """Answer until standard input ends."""
    return isolation.serve(NICE, _Readers().answer)


def _answer(reader: Reader, data: bytes) -> dict[str, Any] | None:
    """What is read from a file; None where it is no picture."""
    import numpy as np

    from fer_ros.core.base.errors import BadImage
    from fer_ros.core.vision import pictures

    try:
        image = pictures.decode(np.frombuffer(data, np.uint8), pictures.MAX_FILE_PIXELS, "bgr", upright=True)
    except BadImage:
        return None
    faces = reader.read(image)
    return (
        {"label": faces[0].label, "confidence": round(faces[0].confidence, 4)}
        if faces
        else {"label": "", "confidence": 0.0}
    )


if __name__ == "__main__":
    sys.exit(main())
