"""How well an expression can be read from a face: a figure from 0 to 1, and what hinders it.

Five figures, of which the lowest counts. Each is 1 where it does no harm, 0 where nothing is left to read, and
:data:`ENOUGH` about where the accuracy of `default` on portraits has fallen half the way to chance. The bounds are from
benchmarks/quality.py. Nothing here changes a probability.

- *small*: side of the face's square in the picture.
- *dark*: contrast, the 95th percentile of the grey levels less the 5th. A light picture without contrast is *blurred*.
- *blurred*: deviation of the Laplacian over that of the face, both at 48 pixels, so that neither the light nor the size
  of the picture counts (after Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548: the Laplacian's variance).
- *turned*: distance of the eyes over the side of the square, and how far the line through them is tilted. Where the
  detector does not tell the eyes, nothing is known of this.
- *covered*: a network of two small layers on the face at 24 pixels, made by benchmarks/covered.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core.base import arrays
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import Face, FloatArray, ImageArray
from fer_ros.core.vision import crop

#: What can hinder, in the order in which it is named: a small face is blurred, too, and a blurred one looks covered.
HINDRANCES = ("small", "dark", "blurred", "turned", "covered")
#: Below it, what hinders is named.
ENOUGH = 0.5
#: What a face is judged by: 48×48 pixels, grey.
VIEW = InputSpec()
WEIGHTS = Path(__file__).with_name("covered.npz")
#: Side of what the network for covered faces sees, pixels, and the rim that sharpness leaves out.
SIDE, RIM = 24, 4
#: Where each figure is 0 and where it is 1: pixels, grey levels, ratio, sides, degrees, probability.
SMALL, DARK, BLURRED = (8.0, 24.0), (1.0, 7.0), (0.07, 0.206)
CLOSE_EYES, TILTED, COVERED = (0.15, 0.285), (75.0, 45.0), (1.0, 0.8)
#: The last for detectors that do not tell the eyes: their boxes lie less surely, so that a plain face looks covered.
COVERED_UNSURE = (1.0, 0.97)
#: Mean grey level from which missing contrast is not for lack of light.
LIGHT = 128.0


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face can be read.

    :ivar value: 0 to 1.
    :ivar hindrance: one of :data:`HINDRANCES` where ``value`` is below :data:`ENOUGH`, else empty.
    """

    value: float = 1.0
    hindrance: str = ""


def assess(views: ImageArray, faces: list[Face], framing: Framing) -> list[Quality]:
    """Judge the faces of one picture.

    :param views: uint8 (n, 48, 48, 1), the faces' crops of :data:`VIEW`.
    :param framing: of the detector that found them.
    """
    covers = cover_probabilities(views)
    return [
        _worst(_figures(view[..., 0], face, framing, float(cover)))
        for view, face, cover in zip(views, faces, covers, strict=True)
    ]


def cover_probabilities(views: ImageArray) -> FloatArray:
    """How probable it is that something covers each face, float32 (n,), from views as in :func:`assess`."""
    w = _weights()
    hidden = np.maximum(cover_input(views) @ w["first"] + w["bias"], 0.0)
    logits = np.maximum(hidden @ w["second"] + w["last"], np.float32(-60.0))  # beyond it, exp has no number
    return np.reciprocal(np.exp(-logits) + np.float32(1.0))


def cover_input(views: ImageArray) -> FloatArray:
    """What the network for covered faces takes, float32 (n, 576): 24×24 pixels, zero mean, unit deviation."""
    rows = np.empty((len(views), SIDE * SIDE), np.float32)
    for number, view in enumerate(views):
        small = cv2.resize(view[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        mean, deviation = cv2.meanStdDev(small)  # in a tenth of the time that numpy takes for so little
        np.subtract(small.ravel(), np.float32(mean[0, 0]), out=rows[number])
        rows[number] *= np.float32(1.0 / max(float(deviation[0, 0]), 1.0))
    return rows


def sharpness(view: ImageArray) -> float:
    """Deviation of the Laplacian over that of the grey levels, 0 where there is no contrast; uint8 (48, 48)."""
    # OpenCV would save 4 µs, and keep 2.3 MB for good once it has filtered anything.
    part = view[RIM - 1 : 1 - RIM, RIM - 1 : 1 - RIM].astype(np.int16)
    inner = part[1:-1, 1:-1]
    edges = part[:-2, 1:-1] + part[2:, 1:-1] + part[1:-1, :-2] + part[1:-1, 2:] - 4 * inner
    deviation = float(cv2.meanStdDev(view[RIM:-RIM, RIM:-RIM])[1][0, 0])
    return float(cv2.meanStdDev(edges)[1][0, 0]) / max(deviation, 1.0)


def contrast(view: ImageArray) -> float:
    """The 95th percentile of the grey levels less the 5th."""
    counts = np.bincount(view.ravel()).cumsum()
    low, high = counts.searchsorted((0.05 * view.size, 0.95 * view.size))
    return float(high - low)


def load() -> None:
    """Read the network now, so that the first face does not wait for it."""
    _weights()


@cache
def _weights() -> dict[str, FloatArray]:
    hidden = None
    return arrays.unpack(
        WEIGHTS, {"first": (SIDE * SIDE, hidden), "bias": (hidden,), "second": (hidden,), "last": (1,)}
    )


def _figures(view: ImageArray, face: Face, framing: Framing, cover: float) -> dict[str, float]:
    """Hindrance → figure, in the order of :data:`HINDRANCES`."""
    side = framing.square(face.roi)[2]
    plain, sharp = _between(contrast(view), DARK), _between(sharpness(view), BLURRED)
    light = plain < ENOUGH and float(view.mean()) >= LIGHT
    turned = 1.0
    if face.eyes is not None:
        (ax, ay), (bx, by) = face.eyes
        close = math.hypot(bx - ax, by - ay) / max(side, 1.0)
        turned = min(_between(close, CLOSE_EYES), _between(abs(crop.tilt_of(face.eyes)), TILTED))
    return {
        "small": _between(side, SMALL),
        "dark": 1.0 if light else plain,
        "blurred": min(plain, sharp) if light else sharp,
        "turned": turned,
        "covered": _between(cover, COVERED_UNSURE if face.eyes is None else COVERED),
    }


def _worst(figures: dict[str, float]) -> Quality:
    named = next((name for name, figure in figures.items() if figure < ENOUGH), "")
    return Quality(min(figures.values()), named)


def _between(value: float, bounds: tuple[float, float]) -> float:
    """0 at the first bound, 1 at the second, even in between; 0 for what is no number."""
    share = (value - bounds[0]) / (bounds[1] - bounds[0])
    return 0.0 if math.isnan(share) else min(1.0, max(0.0, share))
