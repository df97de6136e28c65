"""From a trained Keras network to the file that LiteRT runs. Needs TensorFlow; the running robot never imports this."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.types import FloatArray

#: The backbone's weights in a bundle, for those who train it further: plain arrays in HDF5, no code.
WEIGHTS_FILE = "backbone.weights.h5"


def to_litert(network: Any) -> bytes:
    """Convert a ``keras.Model`` with one input into a ``.tflite`` for batches of one; batch norms are folded in.

    :raises RuntimeError: Keras runs on another backend than TensorFlow, from which this conversion does not work.
    """
    import keras
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise RuntimeError("export needs Keras on TensorFlow: unset KERAS_BACKEND")
    signature = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32, name="crop")
    with tempfile.TemporaryDirectory(prefix="fer_export_") as folder:
        network.export(folder, format="tf_saved_model", verbose=False, input_signature=[signature])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        return bytes(converter.convert())


def weights(network: Any) -> bytes:
    """The weights of a ``keras.Model``, as a file ``….weights.h5``."""
    with tempfile.TemporaryDirectory(prefix="fer_export_") as folder:
        file = Path(folder) / WEIGHTS_FILE
        network.save_weights(file)
        return file.read_bytes()


def keras_embeddings(network: Any, crops: FloatArray) -> FloatArray:
    """What Keras gives for scaled crops, to compare the exported network with.

    :param crops: float32 (n, height, width, channels).
    """
    return np.asarray(network.predict(crops, batch_size=256, verbose=0), dtype=np.float32)
