"""The recipe of a pretraining run: everything that decides its result."""

from __future__ import annotations

from dataclasses import dataclass, field

from fer_ros.core.augment import Augmentation
from fer_ros.core.crop import InputSpec
from fer_ros.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the result, but for rounding.

    :ivar backbone: name of a backbone plugin.
    :ivar preset: one of its presets.
    :ivar epochs: passes over the training faces.
    :ivar batch: faces a step.
    :ivar learning_rate: peak of AdamW's rate: linear warm-up over one epoch, then a cosine down to 1 % of it.
    :ivar weight_decay: decoupled weight decay.
    :ivar dropout: share of pooled features left out before the classifier.
    :ivar votes_weight: weight of the FER+ votes in the targets; the original label has the rest.
    :ivar seed: of the weights, the order and the augmentation.
    """

    backbone: str = "mobilenet_v1"
    preset: str = "fer48"
    epochs: int = 60
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    dropout: float = 0.2
    votes_weight: float = 0.4
    seed: int = 1
    input: InputSpec = field(default_factory=InputSpec)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2 or not 0 < self.learning_rate < 1 or not 0 <= self.votes_weight <= 1:
            raise ConfigError("epochs >= 1, batch >= 2, 0 < learning rate < 1 and 0 <= votes weight <= 1 are needed")
