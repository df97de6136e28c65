"""The parameters that say how labels are chosen: all of them live, those of each filter under its own name."""

from __future__ import annotations

from typing import Any

from fer_ros.core.base import registry
from fer_ros.core.recognition.smoothing import Smoother, SmoothingSettings
from fer_ros.nodes.parameters import Parameters


class Smoothing:
    """Declares the parameters and keeps a smoother set to them.

    ``filter`` can change while the node runs, so the settings of each filter have a place of their own,
    ``filter.<filter>.<setting>``, declared when that filter is first chosen; they stay when another one is.
    """

    def __init__(self, parameters: Parameters) -> None:
        """Declare them.

        :raises ConfigError: the filter is unknown, or a parameter is out of range.
        """
        self._parameters = parameters
        self._known: dict[str, Any] = {}
        names = registry.names("filters")
        notes = {"filter": f"one of {', '.join(names)}"}
        self.settings = parameters.declare(SmoothingSettings, apply=self._set, notes=notes)
        self.smoother = Smoother(self.settings, self._filter_settings())
        #: How the names of parameters begin that are declared when another filter is chosen.
        self.later = tuple(_prefix(name) for name in names if name not in self._known)

    def _set(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self.smoother.configure(settings, self._filter_settings())

    def _filter_settings(self) -> Any:
        name = self.settings.filter
        if name not in self._known:

            def changed(settings: Any) -> None:
                self._known[name] = settings
                self.smoother.configure(self.settings, self._filter_settings())

            plugin = registry.load("filters", name)
            self._known[name] = self._parameters.declare(plugin.Settings, _prefix(name), changed)
        return self._known[name]


def _prefix(name: str) -> str:
    return f"filter.{name}."
