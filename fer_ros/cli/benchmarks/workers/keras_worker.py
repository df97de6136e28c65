"""A bundle's backbone in Keras, in a process of its own, as a program that never left Keras would run it.

``python -m fer_ros.cli.benchmarks.workers.keras_worker FOLDER``, the bundle's folder, takes scaled crops (float32)
on standard input and prints for each one JSON object: ``predict`` and ``call``, seconds of the two ways to
ask a Keras model.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(folder: Path) -> None:
    """Serve until the input ends, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    import numpy as np

    from fer_ros.core.base.errors import ConfigError
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.pretraining import networks

    try:
        bundle = Bundle.load(folder)
        network = networks.load(bundle)
    except ConfigError as error:
        sys.exit(str(error))
    import keras

    print(json.dumps({"version": keras.__version__}), file=answers, flush=True)
    shape = (1, bundle.input.height, bundle.input.width, bundle.input.channels)
    size = 4 * int(np.prod(shape))
    while len(data := sys.stdin.buffer.read(size)) == size:
        crop = np.frombuffer(data, np.float32).reshape(shape)
        began = time.perf_counter()
        network.predict(crop, verbose=0)
        between = time.perf_counter()
        np.asarray(network(crop, training=False))
        ended = time.perf_counter()
        print(json.dumps({"predict": between - began, "call": ended - between}), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
