"""QoS of the topics, and messages that say why two ends of a topic do not hear each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSCompatibility,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

#: Policies that the user can override by parameters ``qos_overrides.<topic>.publisher.<policy>``.
_OVERRIDABLE = QoSOverridingOptions(
    (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY)
)


def images() -> QoSProfile:
    """For pictures that we publish: reliable, so that every subscriber gets them, and the newest only (REP-2003)."""
    return QoSProfile(depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE)


def sensor_data() -> QoSProfile:
    """For pictures that we receive: the newest counts, and a lost one is not sent again (REP-2003: sensor data)."""
    return QoSProfile(depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.BEST_EFFORT)


def results() -> QoSProfile:
    """For the results read from pictures."""
    return QoSProfile(depth=10, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE)


def latched() -> QoSProfile:
    """For messages that late subscribers get, too."""
    return QoSProfile(
        depth=1,
        history=HistoryPolicy.KEEP_LAST,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


def create_image_publisher(node: Any, message_type: type, topic: str) -> Any:
    """A lifecycle publisher of pictures; the user can override its QoS, and subscribers that do not fit are named."""
    return node.create_lifecycle_publisher(
        message_type,
        topic,
        images(),
        event_callbacks=PublisherEventCallbacks(incompatible_qos=_warner(node, topic, True)),
        qos_overriding_options=_OVERRIDABLE,
    )


def create_image_subscription(node: Node, message_type: type, topic: str, callback: Callable[[Any], None]) -> Any:
    """A subscription of pictures; the user can override its QoS, and publishers that do not fit are named."""
    return node.create_subscription(
        message_type,
        topic,
        callback,
        sensor_data(),
        event_callbacks=SubscriptionEventCallbacks(
            incompatible_qos=_warner(node, topic, False), incompatible_type=_warner(node, topic, False)
        ),
        qos_overriding_options=_OVERRIDABLE,
    )


def mismatches(node: Node, topic: str) -> list[str]:
    """One sentence for each other end of a topic that our own end cannot talk to; both sides are named."""
    name = node.resolve_topic_name(topic)
    publishers, subscriptions = node.get_publishers_info_by_topic(name), node.get_subscriptions_info_by_topic(name)
    me = (node.get_name(), node.get_namespace())
    found = []
    for sender in publishers:
        for receiver in subscriptions:
            ours, theirs = (sender, receiver) if _owner(sender) == me else (receiver, sender)
            if _owner(ours) != me or _owner(theirs) == me:
                continue
            if sender.topic_type != receiver.topic_type:
                found.append(f"{_who(theirs)} uses {theirs.topic_type} on {name}, this node {ours.topic_type}")
                continue
            fit, reason = qos_check_compatible(sender.qos_profile, receiver.qos_profile)
            if fit == QoSCompatibility.ERROR:
                kind = "publisher" if ours is sender else "subscription"
                found.append(
                    f"{_who(receiver)} wants {_policies(receiver)} on {name}, {_who(sender)} offers "
                    f"{_policies(sender)}: no message passes ({reason.strip().rstrip(';')}); "
                    f"change one side, here by the parameter qos_overrides.{name}.{kind}.reliability or .durability"
                )
    return found


def _warner(node: Node, topic: str, publishing: bool) -> Callable[[Any], None]:
    told: set[str] = set()

    def warn(event: Any) -> None:
        sentences = mismatches(node, topic)
        # Discovery may know of the mismatch before it knows the other end's details.
        kind = "subscriber" if publishing else "publisher"
        for sentence in sentences or [f"a {kind} of {node.resolve_topic_name(topic)} does not fit: no message passes"]:
            if sentence not in told:
                told.add(sentence)
                node.get_logger().warning(sentence)

    return warn


def _owner(end: Any) -> tuple[str, str]:
    return end.node_name, end.node_namespace


def _who(end: Any) -> str:
    return f"{end.node_namespace.rstrip('/')}/{end.node_name}"


def _policies(end: Any) -> str:
    profile = end.qos_profile
    return f"{profile.reliability.name}, {profile.durability.name}"
