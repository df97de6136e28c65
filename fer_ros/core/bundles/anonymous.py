"""A model for use elsewhere: without the names of the people and bags that taught it, and knowing nobody's face."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fer_ros.core.base import paths, yaml_files
from fer_ros.core.bundles import bundle

#: Entry of ``data`` in ``model.yaml`` → what stands in place of each name in it.
_NAMES = {"subjects": "person", "bags": "bag"}


def files(folder: Path, names: bool = False) -> dict[str, bytes]:
    """The files of a bundle.

    :param names: leave the names in. They stand in ``model.yaml`` and in texts, which have no checksum.
    :returns: file name → content.
    :raises ConfigError: ``model.yaml`` cannot be read.
    :raises OSError: a file cannot be read.
    """
    found = {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.is_file() and not f.is_symlink()}
    if names:
        return found
    content = yaml_files.read(folder / paths.MODEL_FILE)
    replaced = _replaced(content.get("data") if isinstance(content, dict) else None)
    if not replaced:
        return found
    for name in bundle.files_of_people(bundle.Bundle.load(folder).people):
        del found[name], content["sha256"][name]
    content.pop("people", None)
    content["data"] |= {key: [replaced[str(name)] for name in content["data"].get(key) or ()] for key in _NAMES}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    found[paths.MODEL_FILE] = text.encode("utf-8")
    for name in (name for name in found if name.endswith(".md")):
        found[name] = _without(found[name].decode("utf-8", errors="replace"), replaced).encode("utf-8")
    return found


def _replaced(data: Any) -> dict[str, str]:
    """Each name, and its replacement."""
    if not isinstance(data, Mapping):
        return {}
    replaced: dict[str, str] = {}
    for key, word in _NAMES.items():
        listed = data.get(key)
        for number, name in enumerate(listed if isinstance(listed, list) else (), start=1):
            replaced.setdefault(str(name), f"{word} {number}")
    return replaced


def _without(text: str, replaced: Mapping[str, str]) -> str:
    # The longest first: one name may be the beginning of another.
    names = sorted((name for name in replaced if name), key=len, reverse=True)
    if not names:
        return text
    pattern = re.compile(rf"(?<![^\W_])({'|'.join(map(re.escape, names))})(?![^\W_])")
    return pattern.sub(lambda found: replaced[found[1]], text)
