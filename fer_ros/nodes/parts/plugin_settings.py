"""The settings of plugins as parameters of a node: ``sources.camera.fps`` for what ``source: camera`` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fer_ros.core.base import registry
from fer_ros.nodes.parameters import Parameters


class PluginSettings:
    """Declares the settings of the plugins of one kind, each plugin's when it is first chosen; they stay then."""

    def __init__(
        self,
        parameters: Parameters,
        kind: str,
        apply: Callable[[str, Any], None],
        changes: bool = False,
        settings_type: Callable[[type[Any]], type[Any]] = lambda plugin: plugin.Settings,
        fallback: Mapping[str, Any] | None = None,
    ) -> None:
        """Declare nothing yet.

        :param kind: a plugin group, such as ``sources``.
        :param apply: called with a plugin's name and its new settings after live ones were set.
        :param changes: whether another plugin may be chosen while the node runs.
        :param settings_type: gives the settings of a plugin class, if their defaults differ here.
        :param fallback: setting → value, for any plugin that has it, if the user gave no other.
        """
        self._parameters, self._kind, self._apply = parameters, kind, apply
        self._settings_type, self._fallback = settings_type, dict(fallback or {})
        self._known: dict[str, Any] = {}
        for name in registry.names(kind):
            parameters.expect_plugin(kind, name, typed=changes)

    def of(self, name: str) -> Any:
        """The settings of a plugin as they stand.

        :raises ConfigError: the plugin is unknown or fails to load, or a given value is out of range.
        """
        if name not in self._known:

            def changed(settings: Any) -> None:
                self._known[name] = settings
                self._apply(name, settings)

            settings_type = self._settings_type(registry.load(self._kind, name))
            self._known[name] = self._parameters.declare_plugin(
                self._kind, name, settings_type, changed, self._fallback
            )
        return self._known[name]
