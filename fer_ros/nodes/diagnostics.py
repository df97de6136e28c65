"""A node's health, published once a second on ``/diagnostics``, and the counters behind it.

It goes through ``diagnostic_updater`` where that is installed, else by the same rules: the same topic, names, values
and the same parameter ``diagnostic_updater.period``.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fer_ros.nodes import topics

#: Seconds between two reports unless the parameter says otherwise, and at least.
PERIOD, SHORTEST = 1.0, 0.05
PARAMETER = "diagnostic_updater.period"
#: Share of the expected rate from which on it counts as reached.
REACHED = 0.9

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


def shortfall(rate: float, expected_rate: float, age: float = 0.0, expected_age: float = 0.0) -> str:
    """What is worse than expected, in a few words; empty for nothing.

    :param rate: measured, and expected: per second. An expectation of 0 is none.
    :param age: measured, and expected at most: seconds.
    """
    if rate < REACHED * expected_rate:
        return f"{rate:.3g} Hz where {expected_rate:g} are expected"
    if expected_age and age > expected_age:
        return f"results are {1e3 * age:.0f} ms old where {1e3 * expected_age:g} are expected"
    return ""


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
        self._name = node.get_fully_qualified_name().lstrip("/")
        self._updater = self._make_updater()
        if self._updater is None:
            profile = topics.results()
            self._publisher = topics.create_publisher(node, DiagnosticArray, "/diagnostics", profile, always=True)
            node.declare_parameter(PARAMETER, PERIOD)
        period = max(SHORTEST, float(node.get_parameter(PARAMETER).value))
        # Of the steady clock, so that a simulation that stands still is seen to be so.
        self._timer = node.create_timer(period, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _make_updater(self) -> Any:
        """The updater of the package diagnostic_updater; None where that is not installed."""
        try:
            from diagnostic_updater import Updater
        except ImportError:
            return None
        updater = Updater(self._node, PERIOD)
        updater.timer.cancel()  # it goes by the node's clock
        updater.node_name = self._name
        updater.add(self._node.get_name(), self._fill)
        return updater

    def _report(self) -> None:
        if self._updater is not None:
            self._updater.setHardwareID(self._hardware())
            self._updater.update()
            return
        status = self._fill(DiagnosticStatus(name=f"{self._name}: {self._node.get_name()}"))
        status.hardware_id = self._hardware()
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _fill(self, status: Any) -> Any:
        health = self._health()
        status.level, status.message = health.level, health.message
        status.values = [KeyValue(key=key, value=_text(value)) for key, value in health.values.items()]
        return status


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
