"""Named arrays in a file (``.npz``), never with pickles."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.types import FloatArray

#: Bytes of an array from which a file counts as a mistake or an attack: the head of a 7x7x1024 map with 1000 hidden
#: units has 200 million. A compressed file of a few kilobytes can stand for more memory than the robot has.
MAX_BYTES = 1 << 28


def pack(**arrays: npt.ArrayLike) -> bytes:
    """The bytes of an uncompressed ``.npz`` with the arrays as float32."""
    buffer = io.BytesIO()
    plain: dict[str, Any] = {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
    np.savez(buffer, **plain)
    return buffer.getvalue()


def packed(content: bytes) -> dict[str, FloatArray]:
    """The arrays of :func:`pack`'s own bytes, by name; for what comes from a file there is :func:`unpack`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as data:
        return {name: data[name] for name in data.files}


def unpack(file: Path, shapes: dict[str, tuple[int | None, ...]]) -> dict[str, FloatArray]:
    """Read named float arrays and check their shapes.

    :param shapes: name → shape; None stands for any length.
    :raises ConfigError: the file is damaged, an array is missing, of another shape, or not finite.
    """
    out: dict[str, FloatArray] = {}
    try:
        with np.load(file, allow_pickle=False) as data:
            for name in shapes:
                if data.zip.getinfo(f"{name}.npy").file_size > MAX_BYTES:
                    raise ConfigError(f"{file}: array '{name}' is larger than {MAX_BYTES} bytes")
                array = data[name]
                if array.dtype.kind not in "fiu":
                    raise ConfigError(f"{file}: array '{name}' does not hold numbers")
                with np.errstate(over="ignore"):
                    out[name] = np.ascontiguousarray(array, dtype=np.float32)
    except ConfigError:
        raise
    except Exception as error:
        # A damaged archive makes zipfile, zlib and numpy raise errors of a dozen unrelated types.
        raise ConfigError(f"{file}: damaged: {reason(error)}") from error
    for name, shape in shapes.items():
        found = out[name].shape
        if len(found) != len(shape) or any(
            want is not None and got != want for got, want in zip(found, shape, strict=True)
        ):
            wanted = "x".join("any" if n is None else str(n) for n in shape)
            raise ConfigError(f"{file}: array '{name}' is {'x'.join(map(str, found))}, expected {wanted}")
        if not np.isfinite(out[name]).all():
            raise ConfigError(f"{file}: array '{name}' holds values that are not finite")
    return out


def count(file: Path | IO[bytes]) -> int:
    """Numbers in all arrays of an ``.npz``.

    :raises ConfigError: it is damaged.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            return sum(int(data[name].size) for name in data.files)
    except Exception as error:
        raise ConfigError(f"{file}: damaged: {reason(error)}") from error
