"""The detector that a command was asked for, with its settings as typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import unknown_name


def make(name: str, given: Mapping[str, str], faces: int = 1) -> Detector:
    """A detector plugin, ready to be used.

    :param given: setting → value as typed, with or without ``detector.`` before the name.
    :param faces: its setting ``max_faces``, where it has one and none is given, allows at least so many.
    :raises ConfigError: the plugin or a setting is unknown, or a value is wrong.
    """
    plugin = registry.load("detectors", name)
    known = settings.fields(plugin.Settings)
    values: dict[str, Any] = {}
    if "max_faces" in known:
        values["max_faces"] = max(faces, known["max_faces"][1])
    for word, text in given.items():
        setting = word.removeprefix("detector.")
        if setting not in known:
            raise unknown_name(f"setting of {name}", setting, known)
        values[setting] = settings.from_text(f"detector.{setting}", known[setting][0], text)
    detector: Detector = plugin(settings.make(plugin.Settings, values, "detector."))
    return detector
