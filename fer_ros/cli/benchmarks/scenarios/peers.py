"""Others in the same run: the package ``fer`` from PyPI, and our own network in Keras; one frame each, in turns."""

from __future__ import annotations

import importlib.util
import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fer_ros.cli.benchmarks.tables.figures import milliseconds
from fer_ros.cli.benchmarks.workers.worker import Worker
from fer_ros.core.base import isolation
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.types import Frame, ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.vision import crop

#: Frames before those that count, seconds to load, and to answer.
WARM_UP, START_S = 15, 120.0
#: Frames of the source that may be looked at for one with a face.
PATIENCE = 10
PEER_WORKER = Path(__file__).parent.parent / "workers" / "peer_worker.py"


def missing_peer(python: str) -> str:
    """Why the peer cannot be measured, empty where it can."""
    if python == sys.executable and importlib.util.find_spec("fer") is None:
        return "the package fer is not installed here; name the Python of an environment that has it with --peer"
    return ""


def missing_keras() -> str:
    """Why Keras cannot be measured, empty where it can."""
    absent = [name for name in ("keras", "tensorflow") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


def peer(
    python: str, bundle: Bundle, detector: Detector, images: Iterator[ImageArray], count: int, threads: int
) -> dict[str, Any]:
    """Whole frames of both in turns: find the faces, cut, classify.

    :param python: interpreter of an environment that has ``fer``.
    :returns: ``ours_ms``, ``theirs_ms`` and ``theirs_classify_ms`` → median and so on; ``times``, the median of theirs
        over ours; ``cpu_times``, the same of the mean processor time; ``with_face`` of each; ``version`` of the peer;
        ``frames``.
    :raises FerError: the peer's process failed.
    """
    detector.reset()
    recogniser = Recogniser(bundle, detector, threads, clock=time.perf_counter_ns)
    ours: list[float] = []
    used: list[float] = []
    answers: list[dict[str, Any]] = []
    seen = 0
    first = next(images)
    height, width = first.shape[:2]
    with Worker("the peer fer", isolation.foreign(python, PEER_WORKER, str(width), str(height))) as worker:
        about = worker.ready(START_S)
        for number, image in enumerate(itertools.islice(itertools.chain([first], images), WARM_UP + count)):
            began = time.process_time()
            result = recogniser.process(Frame(image, stamp=time.perf_counter_ns()))
            spent = time.process_time() - began
            answer = worker.ask(_bgr(image))
            if number < WARM_UP:
                continue
            ours.append((result.times.classified - result.times.received) / 1e9)
            used.append(spent)
            seen += bool(result.emotions)
            answers.append(answer)
    theirs = [answer["seconds"] for answer in answers]
    return {
        "frames": count,
        "version": about["version"],
        "ours_ms": milliseconds(ours),
        "theirs_ms": milliseconds(theirs),
        "theirs_classify_ms": milliseconds(a["classify"] for a in answers if a["classify"] is not None),
        "times": round(statistics.median(theirs) / statistics.median(ours), 2),
        "cpu_times": round(statistics.mean(a["cpu"] for a in answers) / statistics.mean(used), 2),
        "with_face": {"ours": seen, "theirs": sum(a["faces"] > 0 for a in answers)},
    }


def keras(bundle: Bundle, detector: Detector, images: Iterator[ImageArray], count: int, threads: int) -> dict[str, Any]:
    """The backbone alone, by LiteRT and by Keras in turns, on the same crops.

    :returns: ``ours_ms``, ``predict_ms``, ``call_ms`` → median and so on; ``times`` and ``call_times``, the medians of
        Keras over ours; ``version`` of Keras; ``frames``.
    :raises FerError: its process failed, or the bundle holds no weights for Keras.
    """
    model = Model.open(bundle, threads)
    detector.reset()
    ours: list[float] = []
    answers: list[dict[str, float]] = []
    with Worker("Keras", isolation.command("fer_ros.cli.benchmarks.workers.keras_worker", str(bundle.path))) as worker:
        about = worker.ready(START_S)
        for image in itertools.islice(images, PATIENCE * (WARM_UP + count)):
            faces = detector.detect(image)[:1]
            if not faces:
                continue
            scaled = crop.scale(model.crops(image, faces, detector.framing), bundle.input)
            began = time.perf_counter()
            model.backbone.embed(scaled)
            ours.append(time.perf_counter() - began)
            answers.append(worker.ask(scaled.tobytes()))
            if len(ours) == WARM_UP + count:
                break
    if len(ours) < WARM_UP + count:
        raise FerError("the source shows a face too seldom: choose another --source")
    ours, answers = ours[WARM_UP:], answers[WARM_UP:]
    middle = statistics.median(ours)
    predict, call = ([answer[name] for answer in answers] for name in ("predict", "call"))
    return {
        "frames": count,
        "version": about["version"],
        "ours_ms": milliseconds(ours),
        "predict_ms": milliseconds(predict),
        "call_ms": milliseconds(call),
        "times": round(statistics.median(predict) / middle, 2),
        "call_times": round(statistics.median(call) / middle, 2),
    }


def _bgr(image: ImageArray) -> bytes:
    if image.ndim == 2:
        image = image[..., None].repeat(3, axis=2)
    return image.tobytes()
