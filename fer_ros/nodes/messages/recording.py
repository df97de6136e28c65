"""The status of a recorder as a message."""

from __future__ import annotations

from fer_msgs.msg import RecordStatus
from fer_ros.core.base.errors import FerError
from fer_ros.core.recording.status import Status
from fer_ros.nodes.messages.reasons import reason

#: Fields of the message that the status has under the same name.
_SAME = set(RecordStatus.get_fields_and_field_types()) - {
    "header",
    "state",
    "bag",
    "labels",
    "counts",
    "received",
    "reason",
}


def status(status: Status) -> RecordStatus:
    """How the recording stands; the header is left empty."""
    return RecordStatus(
        state=int(status.state),
        bag=str(status.bag or ""),
        labels=list(status.counts),
        counts=list(status.counts.values()),
        received=max(0, status.received),
        reason=reason(FerError(status.message, status.code, **status.values)),
        **{name: getattr(status, name) for name in _SAME},
    )
