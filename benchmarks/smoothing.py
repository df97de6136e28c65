#!/usr/bin/env python3
"""Measure what smoothing over time gains and what delay it costs.

A head is taught on the drawn face, as the nodes do it: recorded into a bag, trained in a process of its own. Then the
same face changes its expression at known times, in pictures that are as the source makes them and in bad ones (noise,
blur, light that flickers), and is read by the real detector and networks. What the head says of each frame is replayed
through each filter. All labels are compared with what the face was told to show in that very frame.

    python benchmarks/smoothing.py --plot docs/smoothing.png
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core import bags
from fer_ros.core.base.errors import FerError
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Face, FloatArray, Frame, ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.draw import colour
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.recognition.smoothing import Smoother, SmoothingSettings
from fer_ros.core.training.client import TrainingProcess
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.filters.bayes import BayesSettings
from fer_ros.plugins.filters.exponential import ExponentialSettings
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

FPS, START = 30, 1_700_000_000_000_000_000
#: Samples of each label that the head is taught on, and frames left out after each change.
SAMPLES, CHANGING = 90, 15
#: First picture of the reading; the teaching ends long before.
LATER = 30_000
#: Seconds for which an expression is shown, at least and at most.
SHOWN = (1.0, 3.0)
#: The bad pictures: standard deviation of the noise in grey levels, of the blur in pixels, of the light as a factor.
NOISE, BLUR, LIGHT = 22.0, 2.0, 0.25
#: Rows and seconds of the plot.
PLOTTED, SHOW = ("none", "exponential 0.2 s", "bayes 0.1 s"), 20
#: Name → how labels are chosen, and the settings of the filter. The first is each frame for itself.
WAYS: dict[str, tuple[SmoothingSettings, Any]] = {
    "none": (SmoothingSettings(filter="none", hysteresis=0.0), None),
    "none, hysteresis": (SmoothingSettings(filter="none"), None),
    **{
        f"exponential {t} s": (SmoothingSettings(filter="exponential"), ExponentialSettings(t)) for t in (0.1, 0.2, 0.4)
    },
    **{f"bayes {t} s": (SmoothingSettings(filter="bayes"), BayesSettings(evidence_time=t)) for t in (0.1, 0.2)},
}


@dataclasses.dataclass(frozen=True)
class Trace:
    """What was shown and what the head said of it, one entry a frame that has a face.

    :ivar stamps: nanoseconds.
    :ivar truth: index of the expression that the face was told to show.
    :ivar rows: float32 (frames, labels).
    :ivar switches: number of the first entry of each further expression.
    :ivar frames: all frames, also those without a face.
    """

    stamps: list[int]
    faces: list[Face]
    truth: npt.NDArray[np.int64]
    rows: FloatArray
    switches: list[int]
    frames: int

    def thinned(self, step: int) -> Trace:
        """Every ``step``-th entry: the same at a lower frame rate."""
        kept = range(0, len(self.stamps), step)
        truth = self.truth[::step]
        switches = [i for i in range(1, len(truth)) if truth[i] != truth[i - 1]]
        stamps, faces = [self.stamps[i] for i in kept], [self.faces[i] for i in kept]
        return Trace(stamps, faces, truth, self.rows[::step], switches, -(-self.frames // step))


def teach(seed: int, base: str) -> Bundle:
    """Record every expression of the drawn face and train a head on it; ``$FER_HOME`` is to be a folder of our own."""
    bag = Path(os.environ["FER_HOME"]) / "bags" / "drawn"
    settings = FaceSettings(seed=seed)
    source, detector, stamp, index = FaceSource(settings), HaarDetector(), START, 0
    source.open()
    with bags.BagWriter(bag, {}) as writer:
        for label in DEFAULT_LABELS:
            writer.begin_take(label)
            for number in range(CHANGING + SAMPLES):
                image = source.picture(index, dataclasses.replace(settings, expression=label))
                index, stamp = index + 1, stamp + 10**9 // FPS
                if (faces := detector.detect(image)) and number >= CHANGING:
                    writer.write(stamp, encode_jpeg(image, 90), faces[0].roi)
    outcome = TrainingProcess().run(Request((bag,), Options(base=base)), lambda progress: None)
    return Bundle.load(outcome.model)


def expressions(rng: np.random.Generator, frames: int) -> Iterator[int]:
    """What is shown in each frame: another expression than the last, each for a random time."""
    now = int(rng.integers(len(DEFAULT_LABELS)))
    while frames > 0:
        length = min(frames, round(FPS * rng.uniform(*SHOWN)))
        yield from [now] * length
        frames -= length
        now = (now + int(rng.integers(1, len(DEFAULT_LABELS)))) % len(DEFAULT_LABELS)


def spoiled(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A bad picture of the same."""
    blurred = cv2.GaussianBlur(image, (0, 0), max(0.1, BLUR * rng.uniform()))
    light = float(np.exp(LIGHT * rng.normal()))
    noise = rng.normal(0.0, NOISE, image.shape[:2]).astype(np.float32)[..., None]
    return np.clip(light * blurred.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def watch(bundle: Bundle, seed: int, seconds: float, bad: bool) -> Trace:
    """Show the face and read every frame."""
    settings, rng = FaceSettings(seed=seed), np.random.default_rng(seed)
    source, recogniser = FaceSource(settings), Recogniser(bundle, HaarDetector())
    source.open()
    order = [bundle.labels.index(label) for label in DEFAULT_LABELS]
    shown = list(expressions(rng, round(FPS * seconds)))
    stamps, faces, truth, rows = [], [], [], []
    for index, expression in enumerate(shown):
        image = source.picture(LATER + index, dataclasses.replace(settings, expression=DEFAULT_LABELS[expression]))
        stamp = START + index * 10**9 // FPS
        emotion = recogniser.process(Frame(spoiled(image, rng) if bad else image, stamp)).primary
        if emotion is not None:
            stamps.append(stamp)
            faces.append(emotion.face)
            truth.append(order[expression])
            rows.append(emotion.probabilities)
    if not rows:
        raise SystemExit("no face was found in any frame")
    return Trace(stamps, faces, np.array(truth), np.array(rows), [], len(shown)).thinned(1)


def replay(trace: Trace, way: str) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """The label that is told in each entry, by its index, and its confidence."""
    smoother = Smoother(*WAYS[way])
    readings = [
        smoother.read([face], row[None], stamp)[0]
        for stamp, face, row in zip(trace.stamps, trace.faces, trace.rows, strict=True)
    ]
    told = np.array([-1 if reading.label is None else reading.label for reading in readings])
    return told, np.array([reading.confidence for reading in readings], np.float32)


def score(trace: Trace, told: npt.NDArray[np.int64], confidence: FloatArray) -> dict[str, Any]:
    """Accuracy; mean confidence of wrong labels; label changes a second beyond those of the face; delays in seconds;
    switches that were never told.
    """
    wrong = confidence[told != trace.truth]
    seconds = 1e-9 * (trace.stamps[-1] - trace.stamps[0])
    changes = int((told[1:] != told[:-1]).sum())
    delays, missed = [], 0
    for begin, end in zip(trace.switches, [*trace.switches[1:], len(told)], strict=True):
        right = np.flatnonzero(told[begin:end] == trace.truth[begin])
        if len(right):
            delays.append(1e-9 * (trace.stamps[begin + int(right[0])] - trace.stamps[begin]))
        else:
            missed += 1
    median, late = (round(float(v), 3) for v in np.percentile(delays, [50, 95])) if delays else (None, None)
    return {
        "accuracy": round(float((told == trace.truth).mean()), 4),
        "wrong_confidence": round(float(wrong.mean()), 3) if len(wrong) else None,
        "flicker_hz": round(max(0, changes - len(trace.switches)) / seconds, 3),
        "delay_median_s": median,
        "delay_p95_s": late,
        "missed": missed,
        "switches": len(trace.switches),
    }


def cost(trace: Trace, way: str) -> float:
    """Microseconds of processor time that choosing the label of one face takes."""
    smoother, count = Smoother(*WAYS[way]), min(2000, len(trace.stamps))
    begin = time.thread_time()
    for i in range(count):
        smoother.read([trace.faces[i]], trace.rows[i : i + 1], trace.stamps[i])
    return round(1e6 * (time.thread_time() - begin) / count, 1)


def draw(trace: Trace, labels: tuple[str, ...], told: dict[str, npt.NDArray[np.int64]], file: Path) -> None:
    """Labels over time as coloured bars, one row a filter, from the middle of the trace."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    first = len(trace.stamps) // 2
    part = slice(first, first + SHOW * FPS)
    inks = np.array([colour(label, labels)[::-1] for label in labels]) / 255.0
    rows = {"shown": trace.truth, **{way: told[way] for way in PLOTTED}}
    figure = Figure(figsize=(9.0, 0.5 * len(rows) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (way, label_indices) in zip(figure.subplots(len(rows), sharex=True), rows.items(), strict=True):
        axes.imshow(inks[label_indices[part]][None], aspect="auto", extent=(0, SHOW, 0, 1), interpolation="nearest")
        axes.set_yticks([0.5], [way])
    axes.set_xlabel("seconds")
    handles = [Patch(color=ink, label=label) for ink, label in zip(inks, labels, strict=True)]
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=8)
    figure.savefig(file, dpi=110, metadata={"Software": None})


def measure(seed: int, seconds: float, base: str, plot: Path | None) -> list[dict[str, Any]]:
    """One row for each kind of pictures, frame rate and filter."""
    with tempfile.TemporaryDirectory(prefix="fer_smoothing_") as home:
        os.environ["FER_HOME"] = home
        bundle = teach(seed, base)
        traces = {"good": watch(bundle, seed, seconds, bad=False), "bad": watch(bundle, seed, seconds, bad=True)}
        rows = []
        for pictures, full in traces.items():
            for fps, trace in ((FPS, full), (FPS // 3, full.thinned(3))):
                told = {way: replay(trace, way) for way in WAYS}
                head = {"pictures": pictures, "fps": fps, "without_face": full.frames - len(full.stamps)}
                rows += [{**head, "way": way, **score(trace, *replayed)} for way, replayed in told.items()]
                if plot and pictures == "bad" and fps == FPS:
                    draw(trace, bundle.labels, {way: labels for way, (labels, _) in told.items()}, plot)
        for row in rows:
            row["cost_us"] = cost(traces[row["pictures"]], row["way"])
        return rows


def as_table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    names = ["pictures", "fps", "", "accuracy", "flicker (1/s)", "delay median (s)", "95 % (s)", "never told"]
    names.append("confidence if wrong")
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for r in rows:
        cells = [r["pictures"], r["fps"], r["way"], f"{r['accuracy']:.3f}", f"{r['flicker_hz']:.2f}"]
        cells += [r["delay_median_s"], r["delay_p95_s"], f"{r['missed']} of {r['switches']}", r["wrong_confidence"]]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    costs = {r["way"]: r["cost_us"] for r in rows}
    return "\n".join([*lines, "", "Per face: " + ", ".join(f"{way} {value:.0f} µs" for way, value in costs.items())])


def main() -> None:
    """Read the arguments, measure, print and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each kind of pictures (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the face and all chance (default %(default)s)")
    parser.add_argument("--model", default="default", help="the general model that the head is taught on")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the labels over time")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        rows = measure(arguments.seed, arguments.seconds, arguments.model, arguments.plot)
    except FerError as error:
        raise SystemExit(str(error)) from error
    print(json.dumps({"rows": rows}) if arguments.json else as_table(rows))


if __name__ == "__main__":
    main()
