"""The process that reads pictures of files for the page, by the model that the robot uses; see :mod:`.helper`."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

from fer_ros.core.base import isolation

if TYPE_CHECKING:
    from fer_ros.api.reader import Reader

#: So much it gives way to others.
NICE = 10


def main() -> int:
    """Answer until standard input ends."""
    out = isolation.answers(NICE)
    from fer_ros.api.reader import Reader
    from fer_ros.core.base.errors import FerError

    chosen, reader = ("", ""), None
    for line in sys.stdin:
        try:
            asked = json.loads(line)
            wanted = asked["model"], asked["detector"]
            if reader is None or wanted != chosen:
                chosen, reader = wanted, Reader(*wanted)
            told: dict[str, Any] = {"answers": [_answer(reader, base64.b64decode(one)) for one in asked["pictures"]]}
        except FerError as error:
            reader, told = None, {"error": str(error), "code": error.code, "values": error.values}
        except Exception as error:
            reader, told = None, {"error": f"{type(error).__name__}: {error}", "code": "fault", "values": {}}
        out.write(f"{json.dumps(told)}\n")
        out.flush()
    return 0


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
