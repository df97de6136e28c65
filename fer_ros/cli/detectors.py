"""Making the detector that a command asks for, with its settings as typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_ros.cli.text import warn
from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import Detector, plugin_names
from fer_ros.core.base.errors import unknown_name
from fer_ros.core.vision import choosing


def make(name: str, given: Mapping[str, str], faces: int = 1) -> Detector:
    """A detector plugin, ready to be used.

    :param name: of the plugin; ``auto``: the best one here.
    :param given: setting → value as typed, its name alone or whole, as in ``detectors.haar.min_face``.
    :param faces: its setting ``max_faces``, where it has one and none is given, allows at least so many.
    :raises ConfigError: the plugin or a setting is unknown, or a value is wrong.
    """
    name = choosing.resolve(name)
    plugin = registry.load("detectors", name)
    known = settings.fields(plugin.Settings)
    values: dict[str, Any] = {}
    if "max_faces" in known:
        values["max_faces"] = max(faces, known["max_faces"][1])
    texts = typed(name, given)
    prefix = plugin_names.prefix("detectors", name)
    values |= {word: settings.from_text(prefix + word, known[word][0], text) for word, text in texts.items()}
    detector: Detector = plugin(settings.make(plugin.Settings, values, prefix))
    return detector


def typed(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Setting → value as typed, of a detector.

    :param given: see :func:`make`.
    :raises ConfigError: the detector has no such setting.
    """
    name = choosing.resolve(name)
    known, rest = settings.fields(registry.load("detectors", name).Settings), dict(given)
    texts = plugin_names.take("detectors", name, known, rest, warn)
    for word, text in rest.items():
        bare = word.removeprefix(plugin_names.prefix("detectors", name)).removeprefix("detector.")
        if bare not in known:
            raise unknown_name(f"setting of {name}", bare, known)
        texts[bare] = text
    return texts
