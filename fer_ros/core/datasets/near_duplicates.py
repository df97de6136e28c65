"""Near-duplicates across the splits of a face set: the same photograph, cut or compressed a little differently.

FER2013 has them in hundreds; a model that saw one in training scores too high on its twin in the test split.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray, ImageArray

#: Correlation of thumbnails from which two faces count as the same photograph.
THRESHOLD = 0.98
SIDE = 24


def thumbnails(images: ImageArray) -> FloatArray:
    """Unit vectors whose dot product is the correlation of two 24×24 thumbnails.

    :param images: uint8 (n, height, width), grey.
    :returns: float32 (n, 576), zero mean and norm 1 (zero for a flat image).
    """
    small = np.stack([cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in images])
    flat = small.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(norm > 0, norm, np.float32(1.0))


def pairs(
    first: ImageArray, second: ImageArray, threshold: float = THRESHOLD, block: int = 2048
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], FloatArray]:
    """All pairs across two sets that correlate above the threshold.

    :param first: uint8 (n, height, width).
    :param second: uint8 (m, height, width).
    :param block: rows compared at once, which bounds the memory to ``block`` × m floats.
    :returns: indices into the first set, indices into the second, correlations; all of the same length.
    """
    if not len(first) or not len(second):
        none = np.empty(0, dtype=np.intp)
        return none, none, np.empty(0, dtype=np.float32)
    a, b = thumbnails(first), thumbnails(second)
    rows: list[npt.NDArray[np.intp]] = []
    columns: list[npt.NDArray[np.intp]] = []
    values: list[FloatArray] = []
    for start in range(0, len(a), block):
        correlation = a[start : start + block] @ b.T
        i, j = np.nonzero(correlation > threshold)
        rows.append(i + start)
        columns.append(j)
        values.append(correlation[i, j])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
