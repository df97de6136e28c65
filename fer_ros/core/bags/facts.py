"""The facts of a bag, such as camera and consent, with a checksum: a changed byte is no fact.

They lie in places that have no checksum of their own: ``metadata.yaml``, a record of an MCAP file, a row of SQLite.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

#: The fact that holds the checksum of all others. It is written first, so that no cut takes it away alone.
CHECKSUM = "checksum"
_FORM = re.compile(r"crc32:[0-9a-f]{8}")


def sealed(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts with their checksum."""
    return {CHECKSUM: _checksum(facts), **facts}


def unsealed(facts: Any) -> tuple[dict[str, str], bool]:
    """The facts as text, without their checksum, and whether they had one; older bags and other programs have none.

    What is no mapping of plain values is left out.

    :raises ValueError: they are not as they were written.
    """
    if not isinstance(facts, Mapping):
        return {}, False
    found = {str(key): str(value) for key, value in facts.items() if isinstance(value, (str, int, float))}
    stated = found.pop(CHECKSUM, None)
    if stated is None:
        # A checksum whose name has changed.
        if any(_FORM.fullmatch(value) for value in found.values()):
            raise ValueError("its facts have changed")
        return found, False
    if stated != _checksum(found):
        raise ValueError("its facts have changed")
    return found, True


def _checksum(facts: Mapping[str, str]) -> str:
    text = json.dumps(dict(facts), sort_keys=True, ensure_ascii=True)
    return f"crc32:{zlib.crc32(text.encode('ascii')):08x}"
