"""What tells one person's face from another's: directions of edges, whitened by how the faces of many people differ.

A histogram of oriented gradients of the face at 48 pixels (Dalal and Triggs 2005, doi:10.1109/CVPR.2005.177), in
deviations from the mean face, in the 256 directions in which FER2013's faces differ most, each divided by its own
deviation. The cosine of two such rows says how like two people are. benchmarks/identity.py makes the file and measures
what it is worth: the backbone's own maps, which are made to forget who it is, tell people apart far less well.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from fer_ros.core.base import arrays
from fer_ros.core.base.types import FloatArray, ImageArray

WEIGHTS = Path(__file__).with_name("identity.npz")
#: Side of the face, of a block of the histogram, of the step from block to block and of a cell, pixels; bins.
SIDE, BLOCK, STEP, CELL, BINS = 48, 16, 8, 8, 9
#: Numbers of the histogram, and directions that are kept.
EDGES, SIZE = 900, 256
#: Deviations beyond which a value tells nothing more.
CLIP = 6.0


def features(crops: ImageArray) -> FloatArray:
    """Rows of length 1.

    :param crops: uint8 (n, height, width, channels), RGB where there are three channels.
    :returns: float32 (n, 256).
    """
    w = _weights()
    x = np.clip((edges(crops) - w["mean"]) / w["scale"], -CLIP, CLIP) - w["centre"]
    return unit((x @ w["directions"]) * w["stretch"])


def unit(rows: FloatArray) -> FloatArray:
    """Rows, each divided by its length."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-6), dtype=np.float32)


def edges(crops: ImageArray) -> FloatArray:
    """The histograms, float32 (n, 900), from crops as in :func:`features`."""
    rows = np.empty((len(crops), EDGES), np.float32)
    counter = cv2.HOGDescriptor((SIDE, SIDE), (BLOCK, BLOCK), (STEP, STEP), (CELL, CELL), BINS)
    for number, face in enumerate(crops):
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) if face.shape[-1] == 3 else np.ascontiguousarray(face[..., 0])
        if grey.shape != (SIDE, SIDE):
            grey = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        rows[number] = np.asarray(counter.compute(grey)).ravel()
    return rows


@cache
def _weights() -> dict[str, FloatArray]:
    row = (EDGES,)
    return arrays.unpack(
        WEIGHTS, {"mean": row, "scale": row, "centre": row, "directions": (EDGES, SIZE), "stretch": (SIZE,)}
    )
