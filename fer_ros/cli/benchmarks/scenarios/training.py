"""How long a training takes, from the bag to the new model in use, with the default head and its defaults."""

from __future__ import annotations

import dataclasses
import os
import resource
import time
from pathlib import Path
from typing import Any

from fer_ros.cli.benchmarks.scenarios import homes
from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.vision.images import encode_jpeg

#: Frames left out between two expressions, and nanoseconds between two frames.
CHANGING, PERIOD = 15, 33_333_333


def measure(samples: int, model: str, detector: str) -> dict[str, Any]:
    """Record a drawn face, train on it in a fresh process, and take the result into use.

    :param samples: of each of the seven labels.
    :returns: ``samples`` in all, ``seconds`` of the whole, ``phases_s``, ``swap_s``, ``cpu_s`` of the training process,
        the ``accuracy`` on the held-out faces, and ``again_s`` and ``again_cpu_s`` of a second training on the same.
    :raises FerError: it failed.
    """
    previous = os.environ.get("FER_HOME")
    with homes.fresh() as home:
        base = Bundle.load(model)
        os.environ["FER_HOME"] = home
        try:
            bag = Path(home) / "bags" / "bench"
            _record(bag, samples, detector)
            first = _train(bag, base, detector)
            again = _train(bag, base, detector)
            return {**first, "again_s": again["seconds"], "again_cpu_s": again["cpu_s"]}
        finally:
            os.environ.pop("FER_HOME")
            if previous is not None:
                os.environ["FER_HOME"] = previous


def _record(bag: Path, samples: int, detector_name: str) -> None:
    plugin = registry.load("sources", "face")
    settings = plugin.Settings(fps=0.0)
    source, detector = plugin(settings), registry.load("detectors", detector_name)()
    source.open()
    stamp, limit = 1_700_000_000_000_000_000, 3 * samples + 30
    with bags.BagWriter(bag, {}) as writer:
        for label in DEFAULT_LABELS:
            settings = dataclasses.replace(settings, expression=label)
            source.configure(settings)
            writer.begin_take(label)
            written = 0
            for index in range(limit):
                image = source.read(1.0).image
                stamp += PERIOD
                faces = detector.detect(image)
                if index < CHANGING or not faces:
                    continue
                writer.write(stamp, encode_jpeg(image, 90), faces[0].roi)
                written += 1
                if written == samples:
                    break
            else:
                raise FerError(f"the detector found the drawn face in {written} of {limit} frames")
    source.close()


def _train(bag: Path, base: Bundle, detector: str) -> dict[str, Any]:
    recogniser = Recogniser(base, registry.load("detectors", detector)())
    before, began = _cpu(), time.perf_counter()
    request = Request((bag,), Options(base=base.name, detector=detector))
    process = TrainingProcess()
    outcome = process.run(request, lambda progress: None, gone=False)
    trained = time.perf_counter()
    recogniser.swap(Bundle.load(outcome.model))
    ended = time.perf_counter()
    process.end()
    return {
        "samples": sum(bags.info(bag).labels.values()),
        "seconds": round(ended - began, 2),
        "phases_s": {phase: round(seconds, 3) for phase, seconds in outcome.phases.items()},
        "swap_s": round(ended - trained, 3),
        "cpu_s": round(_cpu() - before, 2),
        "accuracy": outcome.metrics.accuracy,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
