from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.vision.litert import LiteRTBackbone


@pytest.fixture(scope="module")
def file() -> Path:
    return paths.share_dir() / "models" / "default" / "backbone.tflite"


def test_faces_are_embedded_one_by_one(file: Path) -> None:
    backbone = LiteRTBackbone(file, InputSpec())
    crops = np.random.default_rng(0).normal(size=(5, 48, 48, 1)).astype(np.float32)
    found = backbone.embed(crops)
    assert found.shape == (5, *backbone.output_shape) and found.dtype == np.float32
    assert np.ptp(found, axis=0).max() > 0.0
    for index in (4, 0):
        np.testing.assert_array_equal(backbone.embed(crops[index : index + 1])[0], found[index])
    # Every other crop of a larger array does not lie in one piece.
    np.testing.assert_array_equal(backbone.embed(crops[::2]), found[::2])


def test_threads_do_not_change_the_answer(file: Path) -> None:
    crops = np.random.default_rng(0).normal(size=(1, 48, 48, 1)).astype(np.float32)
    one, two = (LiteRTBackbone(file, InputSpec(), threads).embed(crops) for threads in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("spec", [InputSpec(40, 48), InputSpec(48, 48, 3)])
def test_an_input_that_the_network_does_not_take_is_refused(file: Path, spec: InputSpec) -> None:
    with pytest.raises(ConfigError, match=r"the network takes \[\(1, 48, 48, 1\)\], but model.yaml says"):
        LiteRTBackbone(file, spec)


def test_without_litert_the_error_says_how_to_get_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ConfigError, match=r"LiteRT is missing .*pip install ai-edge-litert"):
        LiteRTBackbone(file, InputSpec())
