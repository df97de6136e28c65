"""A robot's process without ROS, from its start to its first emotion and a little further.

``python -m fer_ros.cli.benchmarks.scenarios.first_emotion MODEL SOURCE DETECTOR WIDTH HEIGHT THREADS [NAME=VALUE …]``
prints one JSON object: when it got how far, in nanoseconds of the clock that all processes of a machine share, and the
memory it takes. The pairs are settings of the detector.
"""

from __future__ import annotations

import json
import sys
import time

#: Frames within which a face must be found, and frames after which memory has settled.
PATIENCE, SETTLED = 150, 60


def main(arguments: list[str]) -> int:
    """Load, read frames until a face is found, then :data:`SETTLED` more. Status 1 where no face is found."""
    stamps = {"python": time.monotonic_ns()}
    from fer_ros.cli import detectors, machine
    from fer_ros.cli.assignments import assignments
    from fer_ros.cli.benchmarks.scenarios.pictures import pictures
    from fer_ros.core.base.types import Frame
    from fer_ros.core.bundles.bundle import Bundle
    from fer_ros.core.recognition.recogniser import Recogniser

    model, source, detector = arguments[:3]
    width, height, threads = (int(word) for word in arguments[3:6])
    stamps["imports"] = time.monotonic_ns()
    bundle = Bundle.load(model)
    recogniser = Recogniser(bundle, detectors.make(detector, assignments(arguments[6:])), threads)
    stamps["model"] = time.monotonic_ns()
    with pictures(source, width, height) as images:
        for _ in range(PATIENCE):
            if recogniser.process(Frame(next(images), stamp=time.time_ns())).emotions:
                break
        else:
            print(f"no face in {PATIENCE} frames of the source {source}", file=sys.stderr)
            return 1
        stamps["emotion"] = time.monotonic_ns()
        for _ in range(SETTLED):
            recogniser.process(Frame(next(images), stamp=time.time_ns()))
    loaded = "tensorflow" in sys.modules
    print(json.dumps({"stamps_ns": stamps, "memory": machine.memory(), "tensorflow_imported": loaded}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
