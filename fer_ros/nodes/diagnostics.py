"""A node's health, published once a second on ``/diagnostics``, and the counters behind it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

#: Seconds between two reports.
PERIOD = 1.0

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


@dataclass(frozen=True)
class Health:
    """One report.

    :ivar level: ``OK``, ``WARN`` or ``ERROR``.
    :ivar message: one line for people.
    :ivar values: further facts; numbers are written with four digits.
    """

    level: bytes
    message: str
    values: Mapping[str, object] = field(default_factory=dict)


class Drops:
    """Counts what was dropped, by reason. Safe to use from several threads."""

    def __init__(self, tell: Callable[[], None] = lambda: None) -> None:
        """Nothing was dropped yet.

        :param tell: called at each one.
        """
        self._counts: Counter[str] = Counter()
        self._lock, self._tell = threading.Lock(), tell

    def add(self, reason: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[reason] += 1
        self._tell()

    def counts(self) -> dict[str, int]:
        """Reason → how many since the start."""
        with self._lock:
            return dict(self._counts)


class Diagnostics:
    """Publishes a node's health once a second, in whatever state the node is."""

    def __init__(self, node: Node, hardware: Callable[[], str], health: Callable[[], Health]) -> None:
        """Start to report.

        :param hardware: names what the node works with, such as its camera or its model.
        :param health: makes the report; called by the executor.
        """
        self._node, self._hardware, self._health = node, hardware, health
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Of the steady clock, so that a simulation that stands still is seen to be so.
        self._timer = node.create_timer(PERIOD, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _report(self) -> None:
        health = self._health()
        status = DiagnosticStatus(
            level=health.level,
            name=f"{self._node.get_fully_qualified_name().lstrip('/')}: {self._node.get_name()}",
            message=health.message,
            hardware_id=self._hardware(),
            values=[KeyValue(key=key, value=_text(value)) for key, value in health.values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
