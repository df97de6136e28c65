"""An archive of arrays is refused before what it claims to hold takes memory or time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import arrays
from fer_ros.core.base.errors import ConfigError


def _npy(shape: object, dtype: str = "<f4", data: bytes = b"") -> bytes:
    """An array with the header that was asked for, whatever follows."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data


def _zip(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def _many() -> bytes:
    return _zip(zipfile.ZIP_STORED, **{f"a{n}": b"" for n in range(arrays.MAX_ARRAYS + 1)})


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no archive"),
    "text": (lambda: b"happy", "no archive"),
    "a shape of terabytes": (lambda: _zip(a=_npy((10**12,))), "shorter or longer than it says"),
    "a shape beyond numbers": (lambda: _zip(a=_npy((10**400,))), "shorter or longer than it says"),
    "a negative shape": (lambda: _zip(a=_npy((-1,))), "shorter or longer than it says"),
    "too little data": (lambda: _zip(a=_npy((3,), data=bytes(8))), "shorter or longer than it says"),
    "too much data": (lambda: _zip(a=_npy((3,), data=bytes(16))), "shorter or longer than it says"),
    "a bomb": (lambda: _zip(a=_npy((1 << 26,), "<f4", bytes(1 << 28))), "are allowed"),
    "objects": (lambda: _zip(a=_npy((1,), "|O", bytes(8))), "holds neither numbers nor text"),
    "a header that is code": (lambda: _zip(a=_npy("__import__('os').getcwd()")), "damaged"),
    "many arrays": (_many, "are allowed"),
    "packed by another method": (lambda: _zip(zipfile.ZIP_LZMA, a=_npy((2,), data=bytes(8))), "another method"),
    "a pickle": (lambda: _zip(a=b"\x80\x04."), "damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    make, message = HOSTILE[case]
    file = tmp_path / "x.npz"
    file.write_bytes(make())
    for read in (arrays.read, arrays.count, lambda path: arrays.unpack(path, {"a": (None,)})):
        if case == "many arrays" and read not in (arrays.read, arrays.count):
            continue  # what is not asked for is not read
        with pytest.raises(ConfigError) as error:
            read(file)
        assert message in str(error.value) and str(error.value).startswith(f"{file}: ")
        assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_what_numpy_writes_is_read(tmp_path: Path) -> None:
    given_arrays = {
        "words": np.array(["happy", "sad"]),
        "grey": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty": np.zeros((0, 4), np.float32),
        "one": np.array(3),
    }
    np.savez_compressed(tmp_path / "x.npz", **given_arrays)  # type: ignore[arg-type]
    found = arrays.read(tmp_path / "x.npz")
    assert list(found) == list(given_arrays)
    assert all(
        (found[name] == array).all() and found[name].shape == array.shape for name, array in given_arrays.items()
    )
    assert arrays.count(tmp_path / "x.npz") == 2 + 6 + 6 + 0 + 1
    with pytest.raises(ConfigError, match="are allowed"):
        arrays.read(tmp_path / "x.npz", most=20)


@given(st.data())
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    good = arrays.pack(kernel=np.ones((3, 2)), bias=np.zeros(2))
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 40)))
    file = tmp_path_factory.getbasetemp() / "fuzz.npz"
    file.write_bytes(good[:start] + data.draw(st.binary(max_size=40)) + good[end:])
    try:
        arrays.unpack(file, {"kernel": (None, 2), "bias": (None,)})
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
