"""Why something was refused, as ``fer_msgs/Reason``."""

from __future__ import annotations

from fer_msgs.msg import Reason
from fer_ros.core.base.errors import FerError


def reason(error: Exception) -> Reason:
    """What an error tells programs; empty where it is none of ours, or has no code."""
    if not isinstance(error, FerError):
        return Reason()
    return Reason(code=error.code, names=list(error.values), values=list(error.values.values()))


def refused(response: object, error: Exception) -> None:
    """Put an error into the answer of a service: its fields ``message`` and, where there is one, ``reason``."""
    response.message = str(error)  # type: ignore[attr-defined]
    if hasattr(response, "reason"):
        response.reason = reason(error)
