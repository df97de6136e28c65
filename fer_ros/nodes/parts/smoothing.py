"""The parameters that control how labels are chosen. All are live, those of the filters too."""

from __future__ import annotations

from typing import Any

from fer_ros.core.base import registry
from fer_ros.core.recognition.smoothing import Smoother, SmoothingSettings
from fer_ros.nodes.parameters import Parameters
from fer_ros.nodes.parts.plugin_settings import PluginSettings


class Smoothing:
    """Declares the parameters and keeps a smoother set to them. ``filter`` can change while the node runs."""

    def __init__(self, parameters: Parameters) -> None:
        """Declare them.

        :raises ConfigError: the filter is unknown, or a parameter is out of range.
        """
        self._filters = PluginSettings(parameters, "filters", self._set_filter, changes=True)
        notes = {"filter": f"one of {', '.join(registry.names('filters'))}"}
        self.settings = parameters.declare(SmoothingSettings, apply=self._set, notes=notes)
        self.smoother = Smoother(self.settings, self._filters.of(self.settings.filter))

    def _set(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self.smoother.configure(settings, self._filters.of(settings.filter))

    def _set_filter(self, name: str, settings: Any) -> None:
        if name == self.settings.filter:
            self.smoother.configure(self.settings, settings)
