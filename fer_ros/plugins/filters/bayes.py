"""A Bayes filter: the expression as a hidden state that seldom changes, each frame as evidence of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fer_ros.core.base.contracts import Filter
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import FloatArray

#: No frame may call a label less probable than this: one that is wholly wrong must not outweigh many others.
LEAST = 1e-3


@dataclass(frozen=True)
class BayesSettings:
    """What can be set for the Bayes filter."""

    change_rate: float = setting(
        0.5, "how often an expression changes, per second: the lower, the steadier", low=0.001, high=100.0, live=True
    )
    evidence_time: float = setting(
        0.1, "seconds after which a frame counts as independent of the last", low=0.001, high=10.0, live=True
    )


class BayesFilter(Filter):
    """The forward step of a hidden Markov model in continuous time.

    Prediction: the expression changes ``change_rate`` times a second, each time to any label with the same
    probability, so after t seconds it is still the same with exp(-rate · t), else drawn anew from the prior.
    Correction: times the likelihood, which is the head's answer over the prior of its training (Bourlard and Morgan,
    "Connectionist Speech Recognition", 1994). The prior is taken as uniform and so cancels: what a robot meets is not
    distributed like the training data, and the likelihood of a label that is rare there would be blown up many times.

    Frames that follow each other closely show the same picture and err alike. As independent evidence they would make
    the filter sure of anything within some frames, and the surer the higher the frame rate; so the likelihood is raised
    to the power of t / ``evidence_time``, at most 1.
    """

    Settings: ClassVar[type[Any]] = BayesSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._belief: FloatArray | None = None

    def update(self, probabilities: FloatArray, elapsed: float) -> FloatArray:
        likelihood = np.maximum(probabilities, LEAST).astype(np.float64)
        if self._belief is None:
            belief = likelihood
        else:
            same = math.exp(-self.settings.change_rate * elapsed)
            predicted = same * self._belief + (1.0 - same) / len(likelihood)
            belief = predicted * likelihood ** min(1.0, elapsed / self.settings.evidence_time)
        # Nothing falls to 0, from where no evidence could lift it.
        belief = np.maximum(belief / belief.sum(), np.finfo(np.float32).eps)
        self._belief = np.asarray(belief / belief.sum(), np.float32)
        return self._belief
