"""What a recorder tells of itself as a message."""

from __future__ import annotations

from fer_msgs.msg import RecordStatus
from fer_ros.core.recording.status import Status


def status(status: Status) -> RecordStatus:
    """How the recording stands; the header is left empty."""
    return RecordStatus(
        state=int(status.state),
        bag=str(status.bag or ""),
        label=status.label,
        subject=status.subject,
        take=status.take,
        take_samples=status.take_samples,
        limit_samples=status.limit_samples,
        limit_seconds=status.limit_seconds,
        elapsed=status.elapsed,
        labels=list(status.counts),
        counts=list(status.counts.values()),
        received=max(0, status.received),
        written=status.written,
        without_face=status.without_face,
        dropped=status.dropped,
        pending=status.pending,
        discarded=status.discarded,
        bytes=status.bytes,
        free_bytes=status.free_bytes,
        message=status.message,
    )
