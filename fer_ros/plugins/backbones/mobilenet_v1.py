"""MobileNet v1 (Howard et al. 2017, arXiv:1704.04861), cut before its classifier, run by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray
from fer_ros.core.vision.litert import LiteRTBackbone

#: Channels of the thirteen depthwise-separable blocks at width 1.0 and their strides, as in table 1 of the paper.
WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
#: For 48 pixels: cut after eleven blocks.
FER48_STRIDES = (2, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1)
STEM_WIDTH = 32
#: Widths for which Keras publishes weights.
PUBLISHED = (0.25, 0.5, 0.75, 1.0)


class MobileNetV1(LiteRTBackbone):
    """A truncated MobileNet v1.

    Preset ``fer48`` is meant for FER2013's 48×48 pixels: the stem keeps the full resolution, the first block halves it,
    and the network ends before the 1024-wide blocks, with 6×6×256; ``fer48_0.25`` and ``fer48_1.0`` are narrower and
    wider. Preset ``paper2023`` has the geometry of the webcam paper of 2023: width 0.25 at 224×224, 7×7×256.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fer48": {"alpha": 0.5, "stem_stride": 1, "strides": FER48_STRIDES},
        "fer48_0.25": {"alpha": 0.25, "stem_stride": 1, "strides": FER48_STRIDES},
        "fer48_1.0": {"alpha": 1.0, "stem_stride": 1, "strides": FER48_STRIDES},
        "paper2023": {"alpha": 0.25, "stem_stride": 2, "strides": STRIDES},
    }

    @classmethod
    def build(
        cls,
        spec: InputSpec,
        alpha: float = 0.5,
        stem_stride: int = 1,
        strides: Sequence[int] = FER48_STRIDES,
        **_: Any,
    ) -> Any:
        """The untrained network.

        :param alpha: width multiplier, 0 < alpha ≤ 2.
        :param stem_stride: stride of the first convolution.
        :param strides: one stride a block; their number, 1 to 13, says where the network is cut.
        """
        import keras
        from keras import layers

        from fer_ros.plugins.backbones.layers import BatchNormalization

        if not 0 < alpha <= 2 or not 1 <= len(strides) <= len(WIDTHS):
            raise ConfigError(f"mobilenet_v1 needs 0 < alpha <= 2 and 1 to 13 strides, got {alpha} and {len(strides)}")

        def width(channels: int) -> int:
            return max(8, int(channels * alpha))

        def finish(x: Any, name: str) -> Any:
            # Statistics of the last few hundred batches suffice: training here is short.
            x = BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)
            return layers.ReLU(6.0, name=f"{name}_relu")(x)

        def convolution(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
            x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name)(x)
            return finish(x, name)

        inputs = layers.Input((spec.height, spec.width, spec.channels), name="crop")
        x = convolution(inputs, width(STEM_WIDTH), 3, stem_stride, "conv1")
        for number, (channels, stride) in enumerate(zip(WIDTHS, strides, strict=False), start=1):
            x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"conv_dw_{number}")(x)
            x = finish(x, f"conv_dw_{number}")
            x = convolution(x, width(channels), 1, 1, f"conv_pw_{number}")
        return keras.Model(inputs, x, name="mobilenet_v1")

    @classmethod
    def imagenet(
        cls,
        spec: InputSpec,
        alpha: float,
        stem_stride: int,
        strides: Sequence[int],
        given: list[FloatArray] | None = None,
    ) -> list[FloatArray]:
        """Weights trained on ImageNet, as far as the network goes.

        :param given: those that Keras publishes, all; None: Keras downloads them and keeps them in ``~/.keras``.
        :raises ConfigError: no weights are published for this width, these strides or this input.
        """
        geometry = stem_stride == 2 and tuple(strides) == STRIDES[: len(strides)]
        if alpha not in PUBLISHED or not geometry or spec.channels != 3 or spec.scaling != "minus_one_to_one":
            raise ConfigError(
                f"ImageNet weights are published for mobilenet_v1 of width {', '.join(map(str, PUBLISHED))} on colour "
                "crops: choose --recipe paper2023, or leave --weights out"
            )
        if given is None:
            import keras

            shape = (spec.height, spec.width, 3)
            given = keras.applications.MobileNet(shape, alpha, include_top=False, weights="imagenet").get_weights()
        # The stem, then two convolutions a block, each with four vectors of its batch norm, in the same order.
        return list(given[: 5 * (1 + 2 * len(strides))])
