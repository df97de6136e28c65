"""The backbone as it runs on the robot; how it is built and trained is tested with ``fer pretrain``."""

from __future__ import annotations

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.vision.crop import scale
from fer_ros.plugins.backbones.mobilenet_v1 import MobileNetV1


def test_the_shipped_backbone_gives_maps_that_tell_faces_apart() -> None:
    bundle = Bundle.load("default")
    plugin = registry.load("backbones", bundle.backbone.plugin)
    backbone = plugin(bundle.path / bundle.backbone.file, bundle.input)
    height, width, channels = backbone.output_shape
    crops = np.random.default_rng(0).integers(
        0, 256, (2, bundle.input.height, bundle.input.width, bundle.input.channels), dtype=np.uint8
    )
    maps = backbone.embed(scale(crops, bundle.input))
    assert maps.shape == (2, height, width, channels) and height > 1 and width > 1
    assert np.isfinite(maps).all() and not np.allclose(maps[0], maps[1])


def test_presets_name_arguments_of_build() -> None:
    assert {"fer48", "paper2023"} <= set(MobileNetV1.presets)
    # The paper of 2023 cuts the network of width 0.25 at 224x224 to 7x7x256: all thirteen blocks, stride 32.
    preset = MobileNetV1.presets["paper2023"]
    assert 224 / preset["stem_stride"] / np.prod(preset["strides"]) == 7 and len(preset["strides"]) == 13
    assert 1024 * preset["alpha"] == 256
