"""Options that are given as ``NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Iterable

from fer_ros.core.base.errors import ConfigError


def assignments(words: Iterable[str]) -> dict[str, str]:
    """The values given by ``--set``, name → value as typed; the last of a name counts.

    :raises ConfigError: one is not written like that.
    """
    out = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise ConfigError(f"--set {word}: write it as NAME=VALUE, such as --set sources.camera.fps=15")
        out[name] = value
    return out
