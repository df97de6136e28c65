"""The softmax, shared by the heads."""

from __future__ import annotations

import numpy as np

from fer_ros.core.base.types import FloatArray


def softmax(logits: FloatArray) -> FloatArray:
    """Rows of probabilities, float32, each of sum 1; shifted by the row's maximum so that nothing overflows."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
