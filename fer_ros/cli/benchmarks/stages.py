"""The time of each stage of a frame, of the whole frame, and the processor time that it takes."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fer_ros.cli.benchmarks.figures import milliseconds
from fer_ros.core import crop
from fer_ros.core.bundle import Bundle
from fer_ros.core.contracts import Detector
from fer_ros.core.recogniser import Model, Recogniser
from fer_ros.core.types import Frame, ImageArray

#: Frames before those that count: caches and the network's memory are then warm, and a face is tracked.
WARM_UP = 15


def measure(
    bundle: Bundle, detector: Detector, images: Iterable[ImageArray], count: int, threads: int = 1
) -> dict[str, Any]:
    """Read ``count`` frames one after the other, as fast as they go.

    The whole frame and ``detect`` come from the stamps that the recogniser itself takes. ``crop`` (cut, resize and
    scale), ``embed`` and ``head`` are the recogniser's own steps on the same faces, run once more one by one.

    :param images: at least ``count`` + :data:`WARM_UP`; fetching one is not counted.
    :returns: ``stages_ms``, name → median, p95, p99, mean, max; ``frames_per_second`` that this would reach;
        ``cpu_ms_per_frame`` of all threads; ``with_face`` and ``frames``; ``track_ids``, how many different ones.
    """
    detector.reset()
    recogniser = Recogniser(bundle, detector, threads, clock=time.perf_counter_ns)
    model = Model.open(bundle, threads)
    seconds: dict[str, list[float]] = defaultdict(list)
    cpu, with_face, tracks = 0, 0, set()
    for number, image in enumerate(itertools.islice(images, WARM_UP + count)):
        began = time.process_time_ns()
        result = recogniser.process(Frame(image, stamp=time.perf_counter_ns()))
        used = time.process_time_ns() - began
        faces = [emotion.face for emotion in result.emotions]
        steps = _steps(model, image, faces, detector) if faces else {}
        if number < WARM_UP:
            continue
        times = result.times
        cpu += used
        with_face += bool(faces)
        tracks |= {face.track_id for face in faces}
        seconds["detect"].append((times.detected - times.received) / 1e9)
        for name, value in steps.items():
            seconds[name].append(value)
        seconds["whole"].append((times.classified - times.received) / 1e9)
    return {
        "frames": count,
        "with_face": with_face,
        "track_ids": len(tracks),
        "stages_ms": {name: milliseconds(values) for name, values in seconds.items()},
        "frames_per_second": round(count / sum(seconds["whole"]), 1),
        "cpu_ms_per_frame": round(cpu / 1e6 / count, 4),
    }


def _steps(model: Model, image: ImageArray, faces: list[Any], detector: Detector) -> dict[str, float]:
    """Seconds of each step after the detection."""
    stamps = [time.perf_counter()]
    scaled = crop.scale(model.crops(image, faces, detector.framing), model.bundle.input)
    stamps.append(time.perf_counter())
    embeddings = model.backbone.embed(scaled)
    stamps.append(time.perf_counter())
    model.head.predict(embeddings)
    stamps.append(time.perf_counter())
    return dict(zip(("crop", "embed", "head"), (b - a for a, b in itertools.pairwise(stamps)), strict=True))
