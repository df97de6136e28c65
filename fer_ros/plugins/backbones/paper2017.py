"""The network of the 2017 paper on FER2013: two convolutions, two wide dense layers, 61 million weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.vision.litert import LiteRTBackbone


class Paper2017(LiteRTBackbone):
    """Convolution 5×5×64, pooling 3×3 by 2, normalisation, convolution 5×5×128, normalisation, pooling, dense 3072,
    dense 1536; ReLU after each. The embedding is the last layer as a map (1, 1, 1536), so that the linear head is the
    paper's softmax and the recipe's dropout its dropout.

    The local response normalisation has the constants of TensorFlow's CIFAR-10 tutorial, whose network this widens;
    the paper prints none.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {"printed": {}}

    @classmethod
    def build(
        cls, spec: InputSpec, filters: Sequence[int] = (64, 128), units: Sequence[int] = (3072, 1536), **_: Any
    ) -> Any:
        """The untrained network; train it at the size at which it will run.

        :param filters: channels of the two convolutions.
        :param units: of each dense layer, the last of which is the embedding.
        """
        import keras
        from keras import layers

        from fer_ros.plugins.backbones.layers import LocalResponseNormalization

        if len(filters) != 2 or not units or min(*filters, *units) < 1:
            raise ConfigError(f"paper2017 needs two numbers of filters and some of units, got {filters} and {units}")

        def convolution(x: Any, channels: int, name: str) -> Any:
            return layers.Conv2D(
                channels, 5, padding="same", activation="relu", kernel_initializer="he_normal", name=name
            )(x)

        inputs = layers.Input((spec.height, spec.width, spec.channels), name="crop")
        x = layers.MaxPooling2D(3, 2, padding="same", name="pool1")(convolution(inputs, filters[0], "conv1"))
        x = LocalResponseNormalization(name="norm1")(x)
        x = LocalResponseNormalization(name="norm2")(convolution(x, filters[1], "conv2"))
        x = layers.Flatten(name="flatten")(layers.MaxPooling2D(3, 2, padding="same", name="pool2")(x))
        for number, width in enumerate(units, start=1):
            x = layers.Dense(width, activation="relu", kernel_initializer="he_normal", name=f"dense{number}")(x)
        return keras.Model(inputs, layers.Reshape((1, 1, units[-1]), name="embedding")(x), name="paper2017")
