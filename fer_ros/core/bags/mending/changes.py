"""What is changed in the content of a file while it is copied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Changes:
    """What a copy leaves out and says otherwise.

    :ivar keep: whether a message of one of our topics stays, by topic and CDR. Other topics stay.
    :ivar told: gives what the file says of itself anew: plain values, such as rosbag2's own record.
    :ivar facts: of the copy; None: none.
    """

    keep: Callable[[str, bytes], bool]
    told: Callable[[Any], Any]
    facts: dict[str, str] | None
