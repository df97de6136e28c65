"""Valence and arousal of the seven expressions."""

from __future__ import annotations

import math
from collections.abc import Iterable

#: Label → (valence, arousal), -1 to 1: mean ratings of the terms, Russell and Mehrabian 1977, "Evidence for a
#: three-factor theory of emotions", Journal of Research in Personality 11, 273-294. Neutral is the origin.
AFFECT: dict[str, tuple[float, float]] = {
    "angry": (-0.51, 0.59),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
    "neutral": (0.0, 0.0),
}


def affect(labels: Iterable[str], probabilities: Iterable[float]) -> tuple[float, float]:
    """Expected valence and arousal, each -1 to 1.

    :returns: NaN for both if a label is not in :data:`AFFECT`, such as one that a user taught.
    """
    valence = arousal = 0.0
    for label, probability in zip(labels, probabilities, strict=True):
        if label not in AFFECT:
            return math.nan, math.nan
        valence += AFFECT[label][0] * float(probability)
        arousal += AFFECT[label][1] * float(probability)
    return valence, arousal
