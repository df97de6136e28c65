"""What all plugins have in common: settings, how changes reach them, and the version of the contract."""

from __future__ import annotations

import logging
from abc import ABC
from collections import deque
from typing import Any, ClassVar

from fer_ros.core.base.errors import reason
from fer_ros.core.base.settings import NoSettings

log = logging.getLogger(__name__)

#: The version of the contract that this fer_ros fulfils. It grows when a plugin may rely on something new.
CONTRACT = 1


class Plugin(ABC):  # noqa: B024 - each kind adds its abstract methods
    """The base of all six kinds.

    :cvar contract: the version of the contract that the plugin was written for; one newer than :data:`CONTRACT` is
        refused at loading.
    :cvar Settings: what can be set, a frozen dataclass of :func:`fer_ros.core.base.settings.setting` fields.
    :ivar settings: an instance of it.
    """

    contract: ClassVar[int] = 1
    Settings: ClassVar[type[Any]] = NoSettings

    def __init__(self, settings: Any = None) -> None:
        """Keep the settings; None takes the defaults."""
        self.settings = self.Settings() if settings is None else settings

    def configure(self, settings: Any) -> None:
        """Take changed settings. Override it to do more than keep them.

        The thread that calls the other methods calls it between two of those calls, so you need no lock. Only fields
        declared with ``live=True`` differ from before. If it raises, the error is logged and the plugin goes on.
        """
        self.settings = settings


class EdgePlugin(Plugin):
    """A plugin that may ask for the ROS node that it runs in: a source, a sink or a detector.

    :cvar needs_node: it cannot work without one; ``fer record``, which runs without ROS, then refuses it.
    :ivar node: the ``rclpy`` node, set before ``open``; None without ROS. Make publishers and subscriptions
        in ``open`` and destroy them in ``close``. The node's callbacks run in another thread than the plugin.
    """

    needs_node: ClassVar[bool] = False
    node: Any = None


class Live:
    """Carries changed settings from the thread that sets them to the thread that runs the plugin."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._next: deque[Any] = deque(maxlen=1)

    def change(self, settings: Any) -> None:
        """Leave new settings; they replace any that still wait. Any thread may call it."""
        self._next.append(settings)

    def arrive(self) -> None:
        """Give the plugin the settings that wait, if any. Only the thread that runs the plugin calls it."""
        if self._next:
            self.give(self._plugin, self._next.popleft())

    @staticmethod
    def give(plugin: Plugin, settings: Any) -> None:
        """Configure a plugin in its own thread; log what it raises."""
        try:
            plugin.configure(settings)
        except Exception as error:
            name = type(plugin).__name__
            log.warning("%s did not take its new settings: %s: %s", name, type(error).__name__, reason(error))
