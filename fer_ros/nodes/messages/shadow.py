"""What a shadow run tells, as a message."""

from __future__ import annotations

from fer_msgs.msg import LabelPair, Shadow
from fer_ros.core.base.types import Result
from fer_ros.core.recognition.shadow import Comparison
from fer_ros.nodes.messages import recognition


def comparison(found: Comparison) -> Shadow:
    """The message; its emotions name the shadow as their model."""
    message = Shadow(
        shadow=found.shadow,
        faces=sum(found.pairs.values()),
        agreed=sum(count for (label, other), count in found.pairs.items() if label == other),
        pairs=[LabelPair(label=a, shadow=b, count=count) for (a, b), count in found.pairs.most_common()],
        labels=[label for label, _ in found.otherwise],
        missed=found.missed,
        seconds=found.seconds,
        shared_backbone=found.shared,
        error=found.error,
    )
    if found.result is not None:
        message.model = found.result.model
        read = Result(found.result.frame, [emotion for _, emotion in found.otherwise], found.shadow, found.result.times)
        array = recognition.emotions(read)
        message.header, message.emotions = array.header, array.emotions
    return message
