"""The sinks of a node, chosen by a parameter: they take the results besides its topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from fer_ros.core.base import registry
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Result
from fer_ros.core.recognition.sink_thread import SinkThreads
from fer_ros.nodes.parameters import Parameters
from fer_ros.nodes.parts.plugin_settings import PluginSettings


@dataclass(frozen=True)
class SinkSettings:
    """Which sinks the node has."""

    sink: str = setting("", "sinks that take the results besides the topics: plugins, with commas between")


class Sinks:
    """Declares the parameters, and runs the sinks between :meth:`start` and :meth:`stop`.

    :ivar on_broken: called when nobody reads the output of a sink any more; set it before :meth:`start`.
    """

    def __init__(self, node: Node, parameters: Parameters, more: Sequence[str] = ()) -> None:
        """Declare them.

        :param more: sinks beside those of the parameter.
        :raises ConfigError: a sink is unknown, or a parameter is out of range.
        """
        self._node = node
        notes = {"sink": f"of {', '.join(registry.names('sinks'))}"}
        chosen = parameters.declare(SinkSettings, notes=notes).sink
        self._settings = PluginSettings(parameters, "sinks", self._set)
        self.names = tuple(dict.fromkeys([*more, *(name.strip() for name in chosen.split(",") if name.strip())]))
        for name in self.names:
            self._settings.of(name)
        self.on_broken: Callable[[], None] = lambda: None
        self._threads: SinkThreads | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Results that slow sinks missed, summed over the sinks."""
        return self._dropped + (self._threads.dropped if self._threads else 0)

    def start(self) -> None:
        """Make the sinks and let them take results.

        :raises ConfigError: a sink cannot work with its settings.
        """
        self.stop()
        sinks = {name: registry.load("sinks", name)(self._settings.of(name)) for name in self.names}
        for sink in sinks.values():
            sink.node = self._node
        self._threads = SinkThreads(sinks, self.on_broken)

    def put(self, result: Result) -> None:
        """Hand over a result; never blocks. Does nothing while the sinks do not run."""
        threads = self._threads
        if threads is not None:
            threads.put(result)

    def stop(self) -> None:
        """Take no more results, let the sinks write what they have, and close them. Harmless when not running."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.close()
            self._dropped += threads.dropped

    def seal(self) -> None:
        """Take no more results; :meth:`stop` still closes the sinks."""
        threads = self._threads
        if threads is not None:
            threads.seal()

    def _set(self, name: str, settings: Any) -> None:
        threads = self._threads
        if threads is not None:
            threads.change(name, settings)
