"""The settings of heads that learn by steps down the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fer_ros.core.base.settings import setting


@dataclass(frozen=True)
class GradientSettings:
    """The defaults are those of the webcam paper of 2023: Adam at 1e-4, 40 epochs, batches of 5 % of the data."""

    epochs: int = setting(40, "passes over the training data", low=1, high=10_000, live=True)
    learning_rate: float = setting(1e-4, "step size of Adam", low=1e-12, high=1.0, live=True)
    batch_fraction: float = setting(
        0.05, "faces of one step, as a share of the training data; one at least", low=0.0, high=1.0, live=True
    )
    patience: int = setting(
        0, "early stopping: epochs without a lower validation loss; 0: off", low=0, high=10_000, live=True
    )
    from_general: bool = setting(False, "start from the general model's head", live=True)

    def batch(self, faces: int) -> int:
        """Faces of one step, of so many in the training data: the share asked for, rounded up."""
        return max(1, math.ceil(self.batch_fraction * faces))
