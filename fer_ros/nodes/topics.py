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

from fer_ros.core.base.errors import ConfigError, quoted

#: Policies that the user can override by parameters ``qos_overrides.<topic>.publisher.<policy>``.
_POLICIES = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY)
#: Messages that a queue may hold.
MAX_DEPTH = 10_000
_WORDS: dict[str, Any] = {
    "history": HistoryPolicy,
    "reliability": ReliabilityPolicy,
    "durability": DurabilityPolicy,
}


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


def create_publisher(node: Any, message_type: type, topic: str, profile: QoSProfile, **arguments: Any) -> Any:
    """A publisher whose QoS the user can override; of a lifecycle node, one that works while the node is active.

    :param arguments: of rclpy; ``always=True``: it works in every state of the node.
    :raises ConfigError: an override is not allowed.
    """
    make = node.create_publisher if arguments.pop("always", False) else node.create_lifecycle_publisher
    profile = _overridden(node, topic, "publisher", profile)
    return make(message_type, topic, profile, qos_overriding_options=QoSOverridingOptions(_POLICIES), **arguments)


def create_subscription(
    node: Any, message_type: type, topic: str, callback: Callable[[Any], None], profile: QoSProfile, **arguments: Any
) -> Any:
    """A subscription whose QoS the user can override.

    It is silent about publishers that do not fit, unless ``event_callbacks`` say otherwise: our publishers tell, and
    rclpy looks for such events at every message, for a fifth of what it costs the dashboard to take one.

    :param arguments: of rclpy.
    :raises ConfigError: an override is not allowed.
    """
    profile = _overridden(node, topic, "subscription", profile)
    arguments = {"event_callbacks": SubscriptionEventCallbacks(use_default_callbacks=False), **arguments}
    options = QoSOverridingOptions(_POLICIES)
    return node.create_subscription(message_type, topic, callback, profile, qos_overriding_options=options, **arguments)


def create_image_publisher(node: Any, message_type: type, topic: str) -> Any:
    """A lifecycle publisher of pictures; subscribers that do not fit are named."""
    events = PublisherEventCallbacks(incompatible_qos=_warner(node, topic, True))
    return create_publisher(node, message_type, topic, images(), event_callbacks=events)


def create_image_subscription(node: Node, message_type: type, topic: str, callback: Callable[[Any], None]) -> Any:
    """A subscription of pictures; publishers that do not fit are named."""
    warn = _warner(node, topic, False)
    events = SubscriptionEventCallbacks(incompatible_qos=warn, incompatible_type=warn)
    return create_subscription(node, message_type, topic, callback, sensor_data(), event_callbacks=events)


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
                key = f"qos_overrides.{_short(node, name)}.{kind}"
                found.append(
                    f"{_who(receiver)} wants {_policies(receiver)} on {name}, {_who(sender)} offers "
                    f"{_policies(sender)}: no message passes ({reason.strip().rstrip(';')}); "
                    f"change one side, here by the parameter {key}.reliability or .durability"
                )
    return found


def _overridden(node: Any, topic: str, kind: str, profile: QoSProfile) -> QoSProfile:
    """The profile with what parameters say, by the topic's name without the node's namespace, or by its full name.

    rclpy itself knows the full name only, so that a parameter file would fit one namespace.
    """
    full = node.resolve_topic_name(topic)
    for policy in (policy.name.lower() for policy in _POLICIES):
        for name in (_short(node, full), full):
            key = f"qos_overrides.{name}.{kind}.{policy}"
            if node.has_parameter(key):
                setattr(profile, policy, _policy(key, policy, node.get_parameter(key).value))
    return profile


def _policy(key: str, policy: str, value: Any) -> Any:
    """The value of a policy.

    :raises ConfigError: it is not allowed.
    """
    if policy == "depth":
        if type(value) is int and 0 <= value <= MAX_DEPTH:
            return value
        raise ConfigError(f"{key} = {quoted(str(value))} is not allowed: give 0 to {MAX_DEPTH}")
    words = {member.name.lower(): member for member in _WORDS[policy] if member.name.lower() != "unknown"}
    if value not in words:
        raise ConfigError(f"{key} = {quoted(str(value))} is not allowed: give one of {', '.join(sorted(words))}")
    return words[value]


def _short(node: Any, full: str) -> str:
    """The name of a topic without the node's namespace, if it lies in there."""
    return str(full.removeprefix(f"{node.get_namespace().rstrip('/')}/")) if node.get_namespace() != "/" else full[1:]


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
