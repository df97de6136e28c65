"""What a training can be told. The same fields are parameters of the trainer node and options of ``fer train``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fer_ros.core.base.settings import setting

if TYPE_CHECKING:
    from fer_ros.core.base.contracts import Head

SPLITS = ("auto", "sessions", "takes", "blocks", "random")


@dataclass(frozen=True)
class Options:
    """Hyperparameters and data handling. A number of 0 means: what the head itself states as its default.

    Those of the head ``dense`` are the webcam paper's of 2023: 200 hidden units, Adam at 1e-4, 40 epochs, batches of
    5 % of the training data, split 70/15/15. The one altered copy of each face (``copies``) is not the paper's: without
    it a head learns the few seconds that it saw by heart (``docs/training.md``).
    """

    head: str = setting("dense", "head plugin: dense, linear, prototype, fine_tune or calibrated", live=True)
    split: str = setting("auto", "how faces are held out for testing", choices=SPLITS, live=True)
    base: str = setting("default", "the general model: its backbone is used and its score is the baseline", live=True)
    detector: str = setting("haar", "the detector whose boxes the bags hold, where they do not tell it", live=True)
    epochs: int = setting(0, "passes over the training data; 0: the head's default", low=0, high=10_000, live=True)
    learning_rate: float = setting(0.0, "step size of Adam; 0: the head's default", low=0.0, high=1.0, live=True)
    batch_fraction: float = setting(
        0.0, "batch as a share of the training data; 0: the head's default", low=0.0, high=1.0, live=True
    )
    hidden_units: int = setting(0, "units of the hidden layer; 0: the head's default", low=0, high=4096, live=True)
    seed: int = setting(1, "seed of everything random", low=0, high=2**32 - 1, live=True)
    train_share: float = setting(0.70, "share of the faces to train on", low=0.05, high=0.95, live=True)
    validation_share: float = setting(
        0.15, "share for validation; the rest is for testing", low=0.0, high=0.9, live=True
    )
    gap: float = setting(0.5, "seconds left out between blocks of different parts", low=0.0, high=60.0, live=True)
    patience: int = setting(
        0, "early stopping: epochs without a lower validation loss; 0: off", low=0, high=10_000, live=True
    )
    class_weights: bool = setting(False, "make labels with few faces count as much as those with many", live=True)
    from_general: bool = setting(False, "start from the general model's head", live=True)
    tune_layers: int = setting(12, "layers that fine_tune trains, from the backbone's end", low=1, high=1000, live=True)
    refit: bool = setting(
        True, "after the measurement, let the head also learn the faces that were held out for it", live=True
    )
    copies: int = setting(1, "altered copies of each training face; 0: no augmentation", low=0, high=50, live=True)
    flip: bool = setting(True, "augmentation: mirror half of the copies", live=True)
    shift: float = setting(0.06, "augmentation: shift, ± this share of the side", low=0.0, high=0.4, live=True)
    light: float = setting(0.25, "augmentation: contrast and brightness, ± this share", low=0.0, high=0.9, live=True)

    def for_head(self, head: type[Head]) -> Options:
        """These options with every 0 that means "the head's default" filled in."""
        return dataclasses.replace(
            self, **{name: value for name, value in head.defaults.items() if not getattr(self, name)}
        )
