"""Weights that somebody else saved with Keras, such as those of ``keras.applications`` (``….h5``), read with distrust.

An HDF5 file can point to other files and can state more numbers than memory holds; neither is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.arrays import MAX_ARRAYS, MAX_BYTES
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.types import FloatArray


def read(file: Path) -> list[FloatArray]:
    """All arrays, float32, in the order of the layers; within a layer in that of the file.

    :raises ConfigError: it is damaged or of another kind, points to another file, holds something else than finite
        numbers, or more than :data:`fer_ros.core.base.arrays.MAX_BYTES` of them.
    """
    try:
        import h5py  # Keras brings it

        with h5py.File(file, "r") as opened:
            return _arrays(file, opened)
    except ConfigError:
        raise
    except Exception as error:
        # h5py raises errors of many types.
        raise ConfigError(f"{file}: not a Keras weight file (….h5), or damaged: {reason(error)}") from error


def _arrays(file: Path, opened: Any) -> list[FloatArray]:
    total = 0
    out: list[FloatArray] = []
    for name, found in _datasets(file, opened):
        total += int(np.prod(found.shape, dtype=object)) * max(4, found.dtype.itemsize)
        if total > MAX_BYTES or len(out) >= MAX_ARRAYS:
            raise ConfigError(f"{file}: too large: weights of at most {MAX_BYTES >> 20} MiB can be started from")
        if found.dtype.kind != "f":
            raise ConfigError(f"{file}: {quoted(name)} does not hold numbers")
        with np.errstate(over="ignore"):
            out.append(np.asarray(found[()], dtype=np.float32))
        if not np.isfinite(out[-1]).all():
            raise ConfigError(f"{file}: {quoted(name)} holds values that are not finite")
    if not out:
        raise ConfigError(f"{file}: it holds no weights")
    return out


def _datasets(file: Path, opened: Any) -> Iterator[tuple[str, Any]]:
    """Name and dataset of each array. The format: attributes list the layers, and of each layer its arrays."""
    import h5py

    layers = opened["model_weights"] if "model_weights" in opened and "layer_names" not in opened.attrs else opened
    if "layer_names" not in layers.attrs:
        raise ConfigError(f"{file}: it does not list its layers: save it in the format of keras.applications")
    for layer in _names(file, layers, "layer_names"):
        group = _inside(file, layers, layer)
        for name in _names(file, group, "weight_names"):
            found = _inside(file, group, name)
            if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
                raise ConfigError(f"{file}: {quoted(name)} is not in this file itself")
            yield name, found


def _names(file: Path, group: Any, attribute: str) -> list[str]:
    found = np.asarray(group.attrs[attribute]).ravel()
    if len(found) > MAX_ARRAYS:
        raise ConfigError(f"{file}: it lists {len(found)} layers or arrays, more than {MAX_ARRAYS}")
    return [name.decode() if isinstance(name, bytes) else str(name) for name in found]


def _inside(file: Path, group: Any, path: str) -> Any:
    """What a path names, if no step of it leaves the file."""
    import h5py

    for part in path.split("/"):
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ConfigError(f"{file}: {quoted(path)} is missing, or not in this file itself")
        group = group[part]
    return group
