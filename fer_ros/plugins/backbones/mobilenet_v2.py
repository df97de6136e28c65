"""MobileNet v2 (Sandler et al. 2018, arXiv:1801.04381), cut before its classifier, run by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.vision.litert import LiteRTBackbone

#: Of the seven stages at width 1.0, table 2 of the paper: expansion, channels, number of blocks, stride of the first.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
STEM_WIDTH = 32


class MobileNetV2(LiteRTBackbone):
    """A truncated MobileNet v2: inverted residual blocks whose ends are narrow and linear.

    Preset ``fer48`` is meant for FER2013's 48×48 pixels: the stem halves them and the first two stages keep that size.
    So the network ends after five stages with 6×6 places. ``fer48_0.5`` is the same at half the width.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fer48": {"alpha": 1.0, "strides": (1, 1, 2, 2, 1), "last": 320},
        "fer48_0.5": {"alpha": 0.5, "strides": (1, 1, 2, 2, 1), "last": 256},
    }

    @classmethod
    def build(
        cls,
        spec: InputSpec,
        alpha: float = 1.0,
        strides: Sequence[int] = (1, 1, 2, 2, 1),
        last: int = 320,
        **_: Any,
    ) -> Any:
        """The untrained network.

        :param alpha: width multiplier, 0 < alpha ≤ 2; widths are rounded to multiples of 8.
        :param strides: one stride a stage; their number, 1 to 7, says where the network is cut.
        :param last: channels of the 1×1 convolution at the end, which is the embedding.
        """
        import keras
        from keras import layers

        from fer_ros.plugins.backbones.layers import BatchNormalization

        if not 0 < alpha <= 2 or not 1 <= len(strides) <= len(STAGES) or last < 1:
            raise ConfigError(
                f"mobilenet_v2 needs 0 < alpha <= 2, 1 to 7 strides and last >= 1, got {alpha}, {len(strides)}, {last}"
            )

        def width(channels: int) -> int:
            return max(8, 8 * round(channels * alpha / 8))

        def norm(x: Any, name: str, active: bool = True) -> Any:
            x = BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)
            return layers.ReLU(6.0, name=f"{name}_relu")(x) if active else x

        def pointwise(x: Any, channels: int, name: str, active: bool = True) -> Any:
            return norm(layers.Conv2D(channels, 1, use_bias=False, name=name)(x), name, active)

        def block(x: Any, expansion: int, channels: int, stride: int, name: str) -> Any:
            y = x if expansion == 1 else pointwise(x, expansion * x.shape[-1], f"{name}_expand")
            y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"{name}_dw")(y)
            y = pointwise(norm(y, f"{name}_dw"), channels, f"{name}_project", active=False)
            same = stride == 1 and x.shape[-1] == channels
            return layers.Add(name=f"{name}_add")([x, y]) if same else y

        inputs = layers.Input((spec.height, spec.width, spec.channels), name="crop")
        stem = layers.Conv2D(width(STEM_WIDTH), 3, 2, padding="same", use_bias=False, name="stem")
        x = norm(stem(inputs), "stem")
        for stage, ((expansion, channels, count, _stride), stride) in enumerate(
            zip(STAGES, strides, strict=False), start=1
        ):
            for number in range(count):
                x = block(x, expansion, width(channels), stride if not number else 1, f"stage{stage}_block{number + 1}")
        return keras.Model(inputs, pointwise(x, last, "last"), name="mobilenet_v2")
