"""Prototypes against their formula, the offset of the logits for every head, and the correction of a neutral face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.contracts import Head
from fer_ros.core.base.errors import ConfigError
from fer_ros.plugins.heads.dense import DenseHead
from fer_ros.plugins.heads.linear import LinearHead
from fer_ros.plugins.heads.prototype import PrototypeHead

LABELS = ("a", "b", "c")
SHAPE = (2, 2, 5)
RNG = np.random.default_rng(0)
MAPS = RNG.normal(size=(4, *SHAPE)).astype(np.float32)
FILES = {
    DenseHead: {
        "kernel1": RNG.normal(size=(20, 6)),
        "bias1": RNG.normal(size=6),
        "kernel2": RNG.normal(size=(6, 3)),
        "bias2": RNG.normal(size=3),
    },
    LinearHead: {"kernel": RNG.normal(size=(5, 3)), "bias": RNG.normal(size=3)},
    PrototypeHead: {
        "means": RNG.normal(size=(3, 5)),
        "scale": RNG.uniform(0.5, 2.0, 5),
        "temperature": np.array([0.7]),
        "bias": RNG.normal(size=3),
    },
}


def made(folder: Path, kind: type[Head], content: bytes = b"", **changes: Any) -> Head:
    file = folder / "head.npz"
    file.write_bytes(content or pack(**{**FILES[kind], **changes}))
    return kind(file, LABELS, SHAPE)


def test_prototypes_are_distances_in_deviations(tmp_path: Path) -> None:
    a = FILES[PrototypeHead]
    found = made(tmp_path, PrototypeHead).predict(MAPS)
    for row, one in zip(found, MAPS, strict=True):
        x = one.reshape(4, 5).mean(axis=0)
        logits = [
            a["bias"][k] - sum(((x[c] - a["means"][k][c]) / a["scale"][c]) ** 2 for c in range(5)) / (2 * 5 * 0.7)
            for k in range(3)
        ]
        np.testing.assert_allclose(row, np.exp(logits) / np.exp(logits).sum(), atol=1e-5)


@pytest.mark.parametrize("changes", [{"scale": np.zeros(5)}, {"temperature": np.array([-1.0])}])
def test_prototypes_without_a_scale_are_refused(tmp_path: Path, changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ConfigError, match="must be above 0"):
        made(tmp_path, PrototypeHead, b"", **changes)
