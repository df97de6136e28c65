"""From a trained Keras network to the file that LiteRT runs. Needs TensorFlow; the running robot never imports this."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import WEIGHTS_FILE

#: How the numbers of an exported network are kept. ``float16``: the weights, which LiteRT's XNNPACK widens to float32
#: once when it loads them, so that only the file is smaller; ``int8``: weights and activations, computed in integers.
QUANTIZATIONS = ("float32", "float16", "int8")


def to_litert(network: Any, quantize: str = "float32", samples: FloatArray | None = None) -> bytes:
    """Convert a ``keras.Model`` with one input into a ``.tflite`` for batches of one; batch norms are folded in.

    Input and output stay float32, whatever is inside.

    :param quantize: one of ``QUANTIZATIONS``.
    :param samples: for ``int8`` float32 (n, height, width, channels), scaled crops from which the range of each
        activation is measured; some hundred suffice.
    :raises RuntimeError: Keras runs on another backend than TensorFlow, from which this conversion does not work.
    """
    import keras
    import tensorflow as tf

    if quantize not in QUANTIZATIONS:
        raise unknown_name("quantization", quantize, QUANTIZATIONS)
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError("export needs Keras on TensorFlow: unset KERAS_BACKEND")
    signature = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32, name="crop")
    with tempfile.TemporaryDirectory(prefix="fer_export_") as folder:
        network.export(folder, format="tf_saved_model", verbose=False, input_signature=[signature])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantize != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        elif quantize == "int8":
            if samples is None or not len(samples):
                raise ConfigError("int8 needs crops to measure the ranges of the activations from")
            chosen = samples
            converter.representative_dataset = lambda: ([crop[np.newaxis]] for crop in chosen)
        return bytes(converter.convert())


def weights(network: Any) -> bytes:
    """The weights of a ``keras.Model`` as a file ``….weights.h5``, kernels as float16, which halves it.

    Keras reads them back as float32. Vectors, such as the statistics of batch norms, are left as they are: they weigh
    nothing, and a variance may lie outside the range of float16.
    """
    import h5py  # Keras brings it

    with tempfile.TemporaryDirectory(prefix="fer_export_") as folder:
        full, half = Path(folder) / f"full_{WEIGHTS_FILE}", Path(folder) / WEIGHTS_FILE
        network.save_weights(full)
        with h5py.File(full) as source, h5py.File(half, "w") as target:
            target.attrs.update(source.attrs)

            def copy(name: str, item: Any) -> None:
                if isinstance(item, h5py.Dataset):
                    array = item[()]
                    target.create_dataset(name, data=array.astype(np.float16) if array.ndim > 1 else array)
                else:
                    target.require_group(name)
                target[name].attrs.update(item.attrs)

            source.visititems(copy)
        return half.read_bytes()
