"""What is done to the trained classifier without training: rare labels favoured, confidence made to fit the accuracy.

All change only the kernel and bias of the linear head, so they cost nothing on the robot.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray
from fer_ros.core.vision.softmax import softmax

#: Bounds of the temperature: few faces that are all read rightly would make it 0.
COLDEST, HOTTEST = 0.2, 5.0
#: Halvings of the interval between the bounds, on a logarithmic scale; the last one is far below a thousandth.
STEPS = 30
#: How far a label that is named too rarely is raised at most beyond what it needs, at least so that rounding does not
#: undo it, and the most times that this is done.
BEYOND, ROUNDING, RAISES = 0.1, 2e-6, 10_000


def favour_rare(bias: FloatArray, shares: FloatArray, prior: float) -> FloatArray:
    """The bias of a classifier less ``prior`` times the logarithm of each label's share in training.

    At 1 the classifier maximises the mean recall of the labels instead of the accuracy (logit adjustment, Menon et al.
    2020, arXiv:2007.07314, equation 9).

    :param bias: float32 (labels,).
    :param shares: float32 (labels,), each over 0, of sum 1.
    """
    return np.asarray(bias - prior * np.log(shares), dtype=np.float32)


def raise_rarely_named(bias: FloatArray, logits: FloatArray, shares: FloatArray, least: float) -> FloatArray:
    """The bias with that of each label raised until it is named at least ``least`` times as often as it occurs.

    Labels that look like others, such as fear, are named too rarely by a network that is trained for accuracy. One
    label at a time is raised, by what brings it the faces that it lacks, and no further than the next face would need:
    with a common step for all, two labels that want the same faces outbid each other without end. This is an auction,
    which ends, as only labels that were never raised have faces to spare. Two faces that are closer to each other than
    :data:`ROUNDING` go together.

    :param bias: float32 (labels,).
    :param logits: float32 (n, labels), of training faces without the bias; test faces have no say.
    :param shares: float32 (labels,), of the same faces, of sum 1.
    :param least: from 0, which changes nothing, to less than 1.
    """
    raised = np.array(bias, dtype=np.float32)
    wanted = np.ceil(least * shares.astype(np.float64) * len(logits) - 1e-3)
    for _ in range(RAISES if least else 0):
        scores = logits + raised
        best = scores.argmax(axis=1)
        lacking = wanted - np.bincount(best, minlength=len(raised))
        label = int(lacking.argmax())
        if lacking[label] <= 0:
            break
        others = best != label
        gaps = np.sort(scores[others].max(axis=1) - scores[others, label])
        count = int(lacking[label])
        needed, next_one = (gaps[min(at, len(gaps) - 1)] for at in (count - 1, count))
        raised[label] += needed + max(min((next_one - needed) / 2, BEYOND), ROUNDING)
    return raised


def temperature(logits: FloatArray, targets: npt.NDArray[np.int64]) -> float:
    """The number that logits are divided by so that the mean negative log-likelihood is smallest.

    Temperature scaling (Guo et al. 2017, arXiv:1706.04599). The log-likelihood is concave in the inverse temperature,
    so the place where its slope is 0 is found by halving.

    :param logits: (n, labels).
    :param targets: (n,), index of the true label; n ≥ 1.
    :returns: from ``COLDEST`` to ``HOTTEST``.
    """
    z = np.asarray(logits, dtype=np.float32)
    right = z[np.arange(len(z)), targets]
    low, high = math.log(COLDEST), math.log(HOTTEST)
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        expected = (softmax(z / math.exp(middle)) * z).sum(axis=1)
        # Colder makes it more certain: as long as it is right more often than it believes, that is better.
        if np.mean(right - expected) > 0:
            high = middle
        else:
            low = middle
    return math.exp((low + high) / 2.0)


def cross_fitted(logits: FloatArray, targets: npt.NDArray[np.int64], seed: int = 0) -> FloatArray:
    """Probabilities of faces, each half of them with the temperature that fits the other half.

    A calibration error measured on these is not flattered by having fitted the temperature to the same faces.

    :param logits: (n, labels).
    :param targets: (n,).
    :returns: float32 (n, labels).
    """
    order = np.random.default_rng(seed).permutation(len(logits))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    out = np.asarray(softmax(logits), dtype=np.float32)
    if not len(halves[0]):
        return out
    for fitted, applied in (halves, halves[::-1]):
        out[applied] = softmax(logits[applied] / temperature(logits[fitted], targets[fitted]))
    return out
