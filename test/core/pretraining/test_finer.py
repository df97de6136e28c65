from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.base.arrays import unpack
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.bundles.bundle import FINER_FILE, Bundle
from fer_ros.core.vision.litert import LiteRTBackbone


@pytest.mark.parametrize(("name", "channels"), [("default", 128), ("small", 64)])
def test_the_shipped_models_give_a_finer_map_with_its_usual_values(name: str, channels: int) -> None:
    bundle = Bundle.load(name)
    backbone, _ = bundle.open()
    assert backbone.finer_shape == (6, 6, channels) and FINER_FILE in bundle.checksums
    values = 36 * channels
    usual = unpack(bundle.path / FINER_FILE, {"mean": (values,), "scale": (values,)})
    assert (usual["scale"] > 0).all()
    crops = np.random.default_rng(0).normal(size=(3, 48, 48, 1)).astype(np.float32)
    found = backbone.maps(crops)
    assert (
        found.finer.shape == (3, 6, 6, channels) and (found.finer >= 0).all() and np.ptp(found.finer, axis=0).max() > 0
    )
    np.testing.assert_array_equal(
        found.embeddings, backbone.embed(np.random.default_rng(0).normal(size=(3, 48, 48, 1)).astype(np.float32))
    )


def test_an_older_network_without_the_map_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles made before there were finer maps have one output."""
    bundle = Bundle.load("small")
    backbone = LiteRTBackbone(bundle.path / bundle.backbone.file, InputSpec())
    monkeypatch.setattr(backbone, "_shapes", backbone._shapes[:1])
    crops = np.zeros((2, 48, 48, 1), np.float32)
    assert backbone.finer_shape == () and backbone.maps(crops).finer.shape == (2, 0)
