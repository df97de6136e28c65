"""The time of each stage of a frame, of the whole frame, and the processor time that it takes."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fer_ros.cli.benchmarks.tables import reference
from fer_ros.cli.benchmarks.tables.figures import milliseconds
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Face, Frame, ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.vision import crop
from fer_ros.core.vision.images import decode_compressed, encode_jpeg

#: Frames before those that count: caches and the network's memory are then warm, and a face is tracked.
WARM_UP = 15
#: Frames between two rounds of the reference.
REFERENCE_EVERY = 10
JPEG_QUALITY = 85


def measure(
    bundle: Bundle,
    detector: Detector,
    images: Iterable[ImageArray],
    count: int,
    threads: int = 1,
    compressed: bool = False,
) -> dict[str, Any]:
    """Read ``count`` frames one after the other, as fast as they go.

    The whole frame and ``detect`` come from the stamps that the recogniser itself takes. ``crop`` (cut, resize and
    scale), ``embed`` and ``head`` are the recogniser's own steps on the same faces, run once more one by one.
    Processor time is taken as well: what else the machine does hardly changes it.

    :param images: at least ``count`` + :data:`WARM_UP`; fetching one is not counted.
    :param compressed: frames come as JPEG; ``decode`` is then a stage, and part of the whole.
    :returns: ``stages_ms``, name → median, p95, p99, mean, max; ``frames_per_second`` that this would reach;
        ``cpu_ms``, name → median processor time of the stage (of the whole: of all threads); ``cpu_mean_ms``, name →
        the mean, which counts what is done in some frames only; ``cpu_ms_per_frame``, that of the whole; ``with_face``
        and ``frames``; ``faces`` found per frame; ``track_ids``, how many different ones; ``reference_ms``, see
        :mod:`fer_ros.cli.benchmarks.tables.reference`.
    """
    detector.reset()
    watched = _Watched(detector)
    recogniser = Recogniser(bundle, watched, threads, clock=time.perf_counter_ns)
    model = Model.open(bundle, threads)
    seconds: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    rounds: list[float] = []
    with_face, found, tracks = 0, 0, set()
    for number, picture in enumerate(itertools.islice(images, WARM_UP + count)):
        image, data = picture, encode_jpeg(picture, JPEG_QUALITY) if compressed else b""
        began, stamp = time.process_time(), time.perf_counter_ns()
        if compressed:
            image = decode_compressed(data)
        decoded = time.perf_counter_ns()
        result = recogniser.process(Frame(image, stamp, received=decoded))
        used = time.process_time() - began
        faces = [emotion.face for emotion in result.emotions]
        steps = _steps(model, image, faces, detector) if faces else {}
        if number % REFERENCE_EVERY == 0:
            rounds.append(reference.once())
        if number < WARM_UP:
            continue
        times = result.times
        with_face += bool(faces)
        found += len(faces)
        tracks |= {face.track_id for face in faces}
        if compressed:
            seconds["decode"].append((decoded - stamp) / 1e9)
        seconds["detect"].append((times.detected - times.received) / 1e9)
        cpu["detect"].append(watched.used)
        for name, (passed, busy) in steps.items():
            seconds[name].append(passed)
            cpu[name].append(busy)
        cpu["whole"].append(used)
        seconds["whole"].append((times.classified - stamp) / 1e9)
    return {
        "frames": count,
        "with_face": with_face,
        "faces": round(found / count, 2),
        "track_ids": len(tracks),
        "stages_ms": {name: milliseconds(values) for name, values in seconds.items()},
        "frames_per_second": round(count / sum(seconds["whole"]), 1),
        "cpu_ms": {name: round(1e3 * statistics.median(values), 4) for name, values in cpu.items()},
        "cpu_mean_ms": {name: round(1e3 * statistics.mean(values), 4) for name, values in cpu.items()},
        "cpu_ms_per_frame": round(1e3 * statistics.mean(cpu["whole"]), 4),
        "reference_ms": round(1e3 * statistics.median(rounds), 4),
    }


class _Watched(Detector):
    """A detector, and the processor time of its last search, seconds.

    What OpenCV's own threads use, where more than one is allowed, is not counted.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.used = 0.0

    @property
    def framing(self) -> Framing:  # type: ignore[override]
        return self._detector.framing

    def detect(self, image: ImageArray) -> list[Face]:
        began = time.thread_time()
        faces = self._detector.detect(image)
        self.used = time.thread_time() - began
        return faces


def _steps(model: Model, image: ImageArray, faces: list[Face], detector: Detector) -> dict[str, tuple[float, float]]:
    """Seconds passed, and of processor time of all threads, of each step after the detection."""

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    stamps = [now()]
    scaled = crop.scale(model.crops(image, faces, detector.framing), model.bundle.input)
    stamps.append(now())
    maps = model.backbone.maps(scaled)
    stamps.append(now())
    model.head.read(maps)
    stamps.append(now())
    spans = ((after[0] - before[0], after[1] - before[1]) for before, after in itertools.pairwise(stamps))
    return dict(zip(("crop", "embed", "head"), spans, strict=True))
