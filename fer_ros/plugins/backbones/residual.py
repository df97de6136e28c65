"""A small residual network (He et al. 2015, arXiv:1512.03385), run by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.vision.litert import LiteRTBackbone


class Residual(LiteRTBackbone):
    """Basic blocks of two dense 3×3 convolutions, for faces of some 48 pixels.

    Dense convolutions learn more in a minute of CPU than depthwise ones, and LiteRT runs these in about a millisecond.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fer48": {"widths": (32, 64, 128, 256), "blocks": (2, 2, 2, 2)},
        "fer48_thin": {"widths": (16, 32, 64, 128), "blocks": (2, 2, 2, 2)},
    }

    @classmethod
    def build(
        cls,
        spec: InputSpec,
        widths: Sequence[int] = (32, 64, 128, 256),
        blocks: Sequence[int] = (2, 2, 2, 2),
        **_: Any,
    ) -> Any:
        """The untrained network; each stage but the first halves the picture, after a stem that halves it too.

        :param widths: channels of each stage.
        :param blocks: residual blocks of each stage, one number for each width.
        """
        import keras
        from keras import layers

        from fer_ros.plugins.backbones.layers import BatchNormalization

        if not widths or len(widths) != len(blocks) or min(*widths, *blocks) < 1:
            raise ConfigError(
                f"residual needs a width and a number of blocks for each stage, got {widths} and {blocks}"
            )

        def convolution(x: Any, channels: int, side: int, stride: int, name: str) -> Any:
            x = layers.Conv2D(
                channels, side, stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
            )(x)
            return BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)

        def block(x: Any, channels: int, stride: int, name: str) -> Any:
            y = layers.ReLU(name=f"{name}_relu1")(convolution(x, channels, 3, stride, f"{name}_conv1"))
            y = convolution(y, channels, 3, 1, f"{name}_conv2")
            if stride != 1 or x.shape[-1] != channels:
                x = convolution(x, channels, 1, stride, f"{name}_shortcut")
            return layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([x, y]))

        inputs = layers.Input((spec.height, spec.width, spec.channels), name="crop")
        x = convolution(inputs, max(8, widths[0] // 2), 3, 1, "stem1")
        x = convolution(layers.ReLU(name="stem1_relu")(x), widths[0], 3, 2, "stem2")
        x = layers.ReLU(name="stem2_relu")(x)
        for stage, (channels, count) in enumerate(zip(widths, blocks, strict=True), start=1):
            for number in range(1, count + 1):
                x = block(x, channels, 2 if number == 1 and stage > 1 else 1, f"stage{stage}_block{number}")
        return keras.Model(inputs, x, name="residual")
