"""The folder of a training run: whose it is, and how far it came."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import json_text, yaml_files
from fer_ros.core.base.checks import Table
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.files import write_atomic
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining.recipe import Recipe

#: Entries of the recipe that are applied to the trained network.
AFTERWARDS = ("norm_faces", "prior", "least_named")
RECIPE_FILE, DATA_FILE, STATE_FILE = "recipe.json", "data.sha256", "state.yaml"


def claim(folder: Path, recipe: Recipe, faces: fer2013.Fer2013) -> None:
    """Mark the folder as belonging to this recipe and these data, or check that it does.

    :raises ConfigError: it belongs to others, or is damaged.
    """
    digest = hashlib.sha256()
    for array in (faces.images, faces.targets, faces.votes, faces.usage):
        digest.update(np.ascontiguousarray(array).tobytes())
    folder.mkdir(parents=True, exist_ok=True)
    stated, data = folder / RECIPE_FILE, folder / DATA_FILE
    if not stated.exists():
        write_atomic(stated, json.dumps(_entries(recipe), indent=1, sort_keys=True).encode())
    elif differing := _differing(stated, recipe):
        raise ConfigError(
            f"{folder} holds a run with another recipe ({', '.join(differing)}): give another --run folder or delete it"
        )
    if not data.exists():
        write_atomic(data, digest.hexdigest().encode())
    elif data.read_bytes() != digest.hexdigest().encode():
        raise ConfigError(f"{folder} holds a run with other data: give another --run folder or delete it")


def epochs_done(folder: Path) -> int:
    """Epochs whose state was saved.

    :raises ConfigError: the state is damaged.
    """
    mark = folder / STATE_FILE
    if not mark.exists():
        return 0
    state = yaml_files.read(mark)
    rows = state.get("rows") if isinstance(state, dict) else None
    if not isinstance(rows, list):
        raise ConfigError(f"{folder}: the saved state is damaged: delete the folder")
    return len(rows)


def _entries(recipe: Recipe) -> dict[str, Any]:
    """What decides the training, as JSON has it: what is applied afterwards may be changed without training again."""
    entries: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return {name: value for name, value in entries.items() if name not in AFTERWARDS}


def _differing(mark: Path, recipe: Recipe) -> list[str]:
    """What is not as in the file; an entry that it lacks, since it is older than the entry, stands for the default."""
    try:
        before = json_text.parse(json_text.read_bytes(mark, json_text.MAX_BYTES), check=Table())
    except ConfigError as error:
        raise ConfigError(f"{mark} is damaged ({error}): delete {mark.parent}") from error
    now, default = _entries(recipe), _entries(Recipe())
    out = []
    for name in sorted(now | before):
        old = before.get(name, default.get(name))
        if isinstance(old, dict) and isinstance(default.get(name), dict):
            old = default[name] | old
        if old != now.get(name):
            out.append(f"{name} {_short(old)}, not {_short(now.get(name))}")
    return out


def _short(value: Any) -> str:
    return "none" if value in ("", None) else str(value)
