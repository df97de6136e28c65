"""Keras layers that the backbones share. Imports Keras, so only the ``build`` of a backbone imports it."""

from __future__ import annotations

from typing import Any

import keras


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation, trained by TensorFlow's fused kernel.

    Keras 3 builds the training step from elementary operations, which takes half of an epoch's time on a CPU. Values,
    weights and the exported network are the same.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or mask is not None or len(inputs.shape) != 4 or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        out, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.cast(self.gamma.value, tf.float32),
            tf.cast(self.beta.value, tf.float32),
            epsilon=self.epsilon,
            is_training=True,
        )
        keep = self.momentum
        self.moving_mean.assign(self.moving_mean * keep + mean * (1.0 - keep))
        self.moving_variance.assign(self.moving_variance * keep + variance * (1.0 - keep))
        return out


class LocalResponseNormalization(keras.layers.Layer):
    """Each channel divided by (1 + 0.001 / 9 times the sum of squares of its nine neighbours) to the power 0.75.

    Krizhevsky et al. 2012, section 3.3. LiteRT has it as one operation.
    """

    RADIUS, BIAS, ALPHA, BETA = 4, 1.0, 0.001 / 9.0, 0.75

    def __init__(self, **options: Any) -> None:
        # TensorFlow has no kernel for bfloat16 here.
        super().__init__(**{"dtype": "float32", **options})

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            return tf.nn.local_response_normalization(inputs, self.RADIUS, self.BIAS, self.ALPHA, self.BETA)
        from keras import ops

        radius, channels = self.RADIUS, inputs.shape[-1]
        squares = ops.pad(ops.square(inputs), [[0, 0]] * 3 + [[radius, radius]])
        total = sum(squares[..., shift : shift + channels] for shift in range(2 * radius + 1))
        return inputs / ops.power(self.BIAS + self.ALPHA * total, self.BETA)
