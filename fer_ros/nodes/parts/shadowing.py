"""A shadow run of `inference`: another model reads the same frames, and a topic tells what it reads otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_msgs.msg import Shadow as ShadowMessage
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Result
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.recognition.shadow import Comparison, Shadow
from fer_ros.nodes import topics
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.messages.shadow import comparison
from fer_ros.nodes.parts.smoothing import Smoothing


@dataclass(frozen=True)
class ShadowSettings:
    """Which model reads beside the one in use."""

    shadow: str = setting(
        "",
        "a model that reads the same frames, and topic shadow tells what it reads otherwise; empty: none",
        live=True,
    )

    def __post_init__(self) -> None:
        """Refuse a model that cannot be used.

        :raises ConfigError: it is unknown or damaged.
        """
        if self.shadow:
            _bundle(self.shadow)


class Shadowing:
    """Declares the parameter, and runs the shadow between :meth:`start` and :meth:`stop`."""

    def __init__(self, node: ManagedNode, smoothing: Smoothing) -> None:
        """Declare it; a model that cannot be used is left out with a warning, since inference goes on without it."""
        self._node, self._smoothing = node, smoothing
        try:
            self._settings = node.parameters.declare(ShadowSettings, apply=self._set)
        except ConfigError as error:
            node.get_logger().warning(f"no shadow run: {error}")
            self._settings = node.parameters.declare(ShadowSettings, apply=self._set)
        self._lock = threading.Lock()
        self._start: Callable[[str], Shadow] | None = None
        self._shadow: Shadow | None = None
        self._topic = topics.create_publisher(node, ShadowMessage, "shadow", topics.results())

    def start(self, main: Recogniser, threads: int, mirror: bool, backbone_settings: Callable[[str], Any]) -> None:
        """Begin, where a shadow is set; the others are as of :class:`Shadow`."""

        def make(name: str) -> Shadow:
            smoother = self._smoothing.smoother.twin()
            return Shadow(_bundle(name), main, self._tell, smoother, threads, mirror, backbone_settings)

        with self._lock:
            self._start = make
        self._renew()

    def put(self, result: Result) -> None:
        """Hand over what was read; never blocks. Nothing without a shadow."""
        shadow = self._shadow
        if shadow is not None:
            shadow.put(result)

    def stop(self) -> None:
        """End; harmless when nothing runs."""
        with self._lock:
            self._start = None
        self._renew()

    def values(self) -> dict[str, object]:
        """What diagnostics tell."""
        shadow = self._shadow
        if shadow is None:
            return {}
        last = shadow.last
        values: dict[str, object] = {
            "shadow": last.shadow,
            "shadow: faces read": sum(last.pairs.values()),
            "shadow: faces read otherwise": sum(n for (label, other), n in last.pairs.items() if label != other),
        }
        return {**values, "shadow: has ended": last.error} if last.error else values

    def _set(self, settings: ShadowSettings) -> None:
        if settings.shadow != self._settings.shadow:
            self._settings = settings
            self._renew()

    def _renew(self) -> None:
        with self._lock:
            old, self._shadow = self._shadow, None
            if old is not None:
                old.stop()
            if self._start is None or not self._settings.shadow:
                return
            try:
                shadow = self._start(self._settings.shadow)
            except ConfigError as error:
                self._node.get_logger().warning(f"no shadow run: {error}")
                return
            shadow.start()
            self._shadow = shadow

    def _tell(self, found: Comparison) -> None:
        if found.error:
            self._node.get_logger().warning(f"the shadow run of {found.shadow} has ended: {found.error}")
        self._topic.publish(comparison(found))


def _bundle(model: str) -> Bundle:
    return Bundle.load(Path(model) if "/" in model else model)
