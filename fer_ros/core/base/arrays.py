"""Named arrays in a file (``.npz``), never with pickles; the header of each is checked before its data is read."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.errors import ConfigError, reason
from fer_ros.core.base.types import FloatArray

#: Bytes of all arrays from which a file counts as a mistake or an attack: the head of a 7x7x1024 map with 1000 hidden
#: units has 200 million. A compressed file of a few kilobytes can stand for more memory than the robot has.
MAX_BYTES = 1 << 28
#: Arrays in a file at most, and bytes of the list of them.
MAX_ARRAYS, MAX_LIST = 4_096, 1 << 20
#: What an array may hold: truth, whole numbers, numbers, text. Objects would need pickles.
KINDS = "biufU"
#: The last record of a zip archive, its signature, and the longest comment that may follow it.
_END, _SIGNATURE, _COMMENT = struct.Struct("<4s4H2LH"), b"PK\5\6", 0xFFFF


def pack(**arrays: npt.ArrayLike) -> bytes:
    """The bytes of an uncompressed ``.npz`` with the arrays as float32."""
    buffer = io.BytesIO()
    plain: dict[str, Any] = {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
    np.savez(buffer, **plain)
    return buffer.getvalue()


def packed(content: bytes) -> dict[str, FloatArray]:
    """The arrays of :func:`pack`'s own bytes, by name."""
    return read(io.BytesIO(content))


def read(file: Path | IO[bytes], most: int = MAX_BYTES) -> dict[str, npt.NDArray[Any]]:
    """All arrays of an ``.npz``, by name.

    :param most: bytes of all of them.
    :raises ConfigError: it is damaged, too large, or holds something else than arrays of :data:`KINDS`.
    """
    return {name: array for name, array in _arrays(file, most) if array is not None}


def unpack(file: Path, shapes: dict[str, tuple[int | None, ...]]) -> dict[str, FloatArray]:
    """Read named float arrays and check their shapes; others in the file are not read.

    :param shapes: name → shape; None stands for any length.
    :raises ConfigError: the file is damaged, an array is missing, of another shape, or not finite.
    """
    found = dict(_arrays(file, MAX_BYTES, shapes))
    out: dict[str, FloatArray] = {}
    for name, shape in shapes.items():
        array = found.get(name)
        if array is None:
            raise ConfigError(f"{file}: damaged: there is no array '{name}'")
        if array.dtype.kind not in "fiu":
            raise ConfigError(f"{file}: array '{name}' does not hold numbers")
        if len(array.shape) != len(shape) or any(
            want is not None and got != want for got, want in zip(array.shape, shape, strict=True)
        ):
            wanted = "x".join("any" if n is None else str(n) for n in shape)
            raise ConfigError(f"{file}: array '{name}' is {'x'.join(map(str, array.shape))}, expected {wanted}")
        with np.errstate(over="ignore"):
            out[name] = np.ascontiguousarray(array, dtype=np.float32)
        if not np.isfinite(out[name]).all():
            raise ConfigError(f"{file}: array '{name}' holds values that are not finite")
    return out


def count(file: Path | IO[bytes]) -> int:
    """Numbers in all arrays of an ``.npz``.

    :raises ConfigError: see :func:`read`.
    """
    return sum(int(array.size) for array in read(file).values())


def _arrays(
    file: Path | IO[bytes], most: int, wanted: dict[str, Any] | None = None
) -> Iterator[tuple[str, npt.NDArray[Any] | None]]:
    """Each wanted array with its name."""
    called = f"{file}: " if isinstance(file, Path) else ""
    try:
        check_list(file, MAX_LIST)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_ARRAYS:
                raise ConfigError(f"{len(members)} arrays: {MAX_ARRAYS} are allowed")
            chosen = [(m.filename.removesuffix(".npy"), m) for m in members]
            chosen = [(name, member) for name, member in chosen if wanted is None or name in wanted]
            size = sum(member.file_size for _, member in chosen)
            if size > most:
                raise ConfigError(f"arrays of {size} bytes: {most} are allowed")
            for name, member in chosen:
                yield name, _array(archive, member)
    except ConfigError as error:
        raise ConfigError(f"{called}{error}") from error
    except Exception as error:
        # A damaged archive makes zipfile, zlib and numpy raise errors of a dozen unrelated types.
        raise ConfigError(f"{called}damaged: {reason(error)}") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    # Other methods are unpacked without a bound.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ConfigError(f"array '{member.filename}' is packed by another method than deflate")
    with archive.open(member) as data:
        version = np.lib.format.read_magic(data)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in header:
            raise ConfigError(f"array '{member.filename}' is of an unknown format")
        shape, fortran, dtype = header[version](data)
        if dtype.kind not in KINDS:
            raise ConfigError(f"array '{member.filename}' holds neither numbers nor text")
        size = math.prod(shape) * dtype.itemsize
        if size != member.file_size - data.tell():
            raise ConfigError(f"damaged: array '{member.filename}' is shorter or longer than it says")
        content = np.frombuffer(data.read(size), dtype=dtype, count=math.prod(shape))
        return content.reshape(shape, order="F" if fortran else "C")


def check_list(file: Path | IO[bytes], most: int) -> None:
    """Refuse a zip archive whose list of members is so long that reading it alone would take seconds.

    :param most: bytes of the list.
    :raises ConfigError: it is longer, or there is none.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            check_list(opened, most)
        return
    length = file.seek(0, io.SEEK_END)
    file.seek(max(0, length - _COMMENT - _END.size))
    tail = file.read()
    at = tail.rfind(_SIGNATURE)
    if at < 0 or at + _END.size > len(tail):
        raise ConfigError("damaged: no archive")
    size = _END.unpack_from(tail, at)[5]
    if size > most:
        raise ConfigError(f"damaged: a list of {size} bytes: {most} are allowed")
    file.seek(0)
