"""Features of faces as the head ``ridge`` compares them, and how like two faces are."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray, Maps
from fer_ros.core.vision.softmax import softmax

#: Deviations from the mean beyond which a value tells nothing more.
CLIP = 6.0


def finest(maps: Maps) -> FloatArray:
    """The finer map of each face as one row, or the embedding where there is no such map."""
    found = maps.finer if maps.finer.size else maps.embeddings
    return found.reshape(len(found), prod(found.shape[1:]))


def unit(values: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    """Rows of length 1: how far each value is from the usual, in deviations."""
    x = np.clip((values - mean) / scale, -CLIP, CLIP)
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def general_answers(
    embeddings: FloatArray, kernel: FloatArray, bias: FloatArray, has: npt.NDArray[np.bool_]
) -> FloatArray:
    """The general linear head's probabilities (n, labels), 0 for labels that it lacks."""
    out = np.zeros((len(embeddings), len(bias)), np.float32)
    if has.any():
        pooled = embeddings.reshape(len(embeddings), -1, embeddings.shape[-1]).mean(axis=1)
        out[:, has] = softmax(pooled @ kernel[:, has] + bias[has])
    return out


def gate(likeness: FloatArray, low: float, high: float) -> FloatArray:
    """Share of what was taught in the answer: 0 up to ``low``, 1 from ``high`` on, smooth between."""
    t = np.clip((likeness - low) / max(high - low, 1e-6), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)
