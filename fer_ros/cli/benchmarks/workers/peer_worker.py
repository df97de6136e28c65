"""The peer ``fer`` (PyPI) in a process of its own; only that package, OpenCV and NumPy are needed here.

``PYTHON peer_worker.py WIDTH HEIGHT`` takes BGR frames (uint8, HEIGHT × WIDTH × 3) on standard input and prints for
each one JSON object: ``seconds`` of ``detect_emotions`` and ``cpu`` of it, ``classify`` of the same without the
detection, and ``faces``.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import sys
import time


def main(width: int, height: int) -> None:
    """Serve until the input ends, on one core: libraries look at the affinity when they decide on their threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    import cv2
    import numpy as np

    # Older versions have the class in the package itself.
    module = "fer.fer" if importlib.util.find_spec("fer.fer") else "fer"
    detector = importlib.import_module(module).FER()
    about = {"version": importlib.metadata.version("fer"), "opencv_threads": cv2.getNumThreads()}
    print(json.dumps(about), file=answers, flush=True)
    size = width * height * 3
    while len(data := sys.stdin.buffer.read(size)) == size:
        image = np.frombuffer(data, np.uint8).reshape(height, width, 3).copy()
        began, used = time.perf_counter(), time.process_time()
        found = detector.detect_emotions(image)
        between, used = time.perf_counter(), time.process_time() - used
        boxes = [face["box"] for face in found]
        if boxes:  # it would look for them again without
            detector.detect_emotions(image, boxes)
        ended = time.perf_counter()
        answer = {
            "seconds": between - began,
            "cpu": used,
            "classify": ended - between if boxes else None,
            "faces": len(found),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
