"""Weights saved with Keras by somebody else are read with distrust."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.pretraining import keras_file

h5py = pytest.importorskip("h5py", reason="reading weights needs h5py: make setup-dev")

KERNEL, BIAS = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)


def _write(file: Path, change: Callable[[Any], None] = lambda opened: None) -> Path:
    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = [b"input_1", b"dense"]
        opened.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        group = opened.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        group["dense/kernel:0"], group["dense/bias:0"] = KERNEL, BIAS
        change(opened)
    return file


def test_arrays_come_in_the_order_of_the_layers(tmp_path: Path) -> None:
    kernel, bias = keras_file.read(_write(tmp_path / "good.h5"))
    np.testing.assert_array_equal(kernel, KERNEL)
    np.testing.assert_array_equal(bias, BIAS)


def _put(name: str, value: Any) -> Callable[[Any], None]:
    def change(opened: Any) -> None:
        del opened["dense"][name]
        opened["dense"][name] = value

    return change


def _huge(opened: Any) -> None:
    del opened["dense/dense/kernel:0"]
    opened["dense"].create_dataset("dense/kernel:0", (1 << 40, 1 << 20), "f4", chunks=(1024, 1024))


def _elsewhere(opened: Any) -> None:
    del opened["dense/dense/bias:0"]
    opened["dense"].create_dataset("dense/bias:0", (3,), "f4", external=[("/etc/passwd", 0, 12)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_put("dense/bias:0", h5py.ExternalLink("other.h5", "/x")), "'dense/bias:0' is missing, or not in this file"),
        (_put("dense/bias:0", h5py.SoftLink("/nowhere")), "'dense/bias:0' is missing, or not in this file"),
        (_elsewhere, "'dense/bias:0' is not in this file itself"),
        (_huge, "too large: weights of at most 256 MiB"),
        (_put("dense/bias:0", [b"abc"]), "'dense/bias:0' does not hold numbers"),
        (_put("dense/bias:0", [np.nan]), "'dense/bias:0' holds values that are not finite"),
        (lambda opened: opened.attrs.pop("layer_names"), "it does not list its layers"),
        (lambda opened: opened.attrs.update(layer_names=[b"gone"]), "'gone' is missing"),
        (lambda opened: opened.attrs.update(layer_names=[b"dense/dense/bias:0"]), "damaged: "),
        (lambda opened: opened.attrs.update(layer_names=[b"input_1"]), "it holds no weights"),
        (lambda opened: opened["dense"].attrs.update(weight_names=[3.5]), "'3.5' is missing"),
        (lambda opened: opened["dense"].attrs.update(weight_names=[b"dense"]), "'dense' is not in this file itself"),
    ],
)
def test_a_hostile_file_gets_one_line(tmp_path: Path, change: Callable[[Any], None], message: str) -> None:
    file = _write(tmp_path / "bad.h5", change)
    with pytest.raises(ConfigError) as error:
        keras_file.read(file)
    assert str(error.value).startswith(f"{file}: ") and message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 100, 1000])
def test_a_cut_file_gets_one_line(tmp_path: Path, length: int) -> None:
    file = _write(tmp_path / "cut.h5")
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ConfigError, match=r"cut\.h5: not a Keras weight file \(….h5\), or damaged: "):
        keras_file.read(file)
