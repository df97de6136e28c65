"""The recipe of a pretraining run: everything that decides its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.training.augment import Augmentation
from fer_ros.core.vision.degrade import Degradation

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the result, but for rounding.

    :ivar backbone: name of a backbone plugin.
    :ivar preset: one of its presets.
    :ivar epochs: passes over the training faces.
    :ivar batch: faces a step.
    :ivar optimizer: ``sgd`` with Nesterov momentum 0.9, ``adam`` (Kingma and Ba 2014, arXiv:1412.6980) or ``adamw``
        (Loshchilov and Hutter 2017, arXiv:1711.05101).
    :ivar learning_rate: the peak.
    :ivar schedule: ``cosine``: linear warm-up over a tenth of the run, at most two epochs, then a cosine down to 0;
        ``constant``: the peak throughout.
    :ivar weight_decay: decoupled, of convolution and dense kernels alone; ``adam`` has none.
    :ivar dropout: share of pooled features left out before the classifier.
    :ivar votes_weight: weight of the loss of a second classifier, which learns the FER+ votes and is thrown away
        afterwards. So the features gain from ten raters while the kept classifier still learns FER2013's own labels.
    :ivar smoothing: share of the label spread over all labels (Szegedy et al. 2015, arXiv:1512.00567).
    :ivar mixup: alpha of the beta distribution by which pairs of faces are blended (Zhang et al. 2017,
        arXiv:1710.09412); 0 blends none.
    :ivar sides: side of the input over that of the last phase, for equal parts of the run: small pictures first, which
        cost less (progressive resizing); the last part always runs at full size.
    :ivar average: momentum of the running average of the weights, taken every ten steps; the average is what is kept.
    :ivar norm_faces: unaltered training faces on which the statistics of the batch norms are measured anew with the
        averaged weights, as Izmailov et al. 2018 do (arXiv:1803.05407); 0: what training left, of altered faces.
    :ivar prior: the logits lose this times the logarithm of each label's share in training, so that rare labels are
        named more often (logit adjustment, Menon et al. 2020, arXiv:2007.07314).
    :ivar least_named: a label that the network names less often than this times its share of the training faces gets a
        higher bias until it does; 0: none.
    :ivar teacher_weight: share of the target that a teacher's answer to the same picture has (distillation, Hinton et
        al. 2015, arXiv:1503.02531); 0 without a teacher.
    :ivar teacher: name and digest of the weights of the model or models that teach; empty without one.
    :ivar start: name and digest of the weights that the backbone starts from, or ``imagenet``; empty: random ones.
    :ivar seed: of the weights, the order and the augmentation.
    """

    backbone: str = "residual"
    preset: str = "fer48"
    epochs: int = 90
    batch: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    schedule: str = "cosine"
    weight_decay: float = 5e-3
    dropout: float = 0.3
    votes_weight: float = 0.5
    smoothing: float = 0.05
    mixup: float = 0.2
    sides: tuple[float, ...] = (0.75, 0.75, 0.875, 0.875, 1.0)
    average: float = 0.98
    norm_faces: int = 4096
    prior: float = 0.0
    least_named: float = 0.0
    teacher_weight: float = 0.0
    teacher: str = ""
    start: str = ""
    seed: int = 1
    input: InputSpec = field(default_factory=InputSpec)
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(rotation=15.0, contrast=0.4, brightness=30.0)
    )
    degradation: Degradation = field(default_factory=Degradation)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2 or not 0 < self.learning_rate < 1 or not self.votes_weight >= 0:
            raise ConfigError("epochs >= 1, batch >= 2, 0 < learning rate < 1 and votes weight >= 0 are needed")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)
        if not (0 <= self.weight_decay < 1 and 0 <= self.dropout < 1 and 0 <= self.prior <= 2):
            raise ConfigError("0 <= weight decay < 1, 0 <= dropout < 1 and 0 <= prior <= 2 are needed")
        if not 0 <= self.least_named < 1:
            raise ConfigError("least named must be from 0 to less than 1")
        if self.norm_faces < 0:
            raise ConfigError("the number of faces for the batch norms must be 0 or more")
        if not (0 <= self.smoothing < 1 and 0 <= self.mixup <= 10 and 0 <= self.teacher_weight <= 1):
            raise ConfigError("0 <= smoothing < 1, 0 <= mixup <= 10 and 0 <= teacher weight <= 1 are needed")
        if not self.sides or not all(0.25 <= side <= 1 for side in self.sides):
            raise ConfigError("sides must be shares of the full side, from 0.25 to 1")
        if not 0 <= self.average < 1:
            raise ConfigError("the momentum of the average must be from 0 to less than 1")

    def phases(self) -> list[tuple[int, InputSpec]]:
        """The parts of the run: the epoch at which each ends, and its input."""
        out: list[tuple[int, InputSpec]] = []
        for number, side in enumerate((*self.sides[:-1], 1.0), start=1):
            # However short the run is, its last epoch is at full size.
            end = min(round(self.epochs * number / len(self.sides)), self.epochs - (number < len(self.sides)))
            spec = InputSpec(
                max(8, round(self.input.width * side)),
                max(8, round(self.input.height * side)),
                self.input.channels,
                self.input.scaling,
            )
            if out and out[-1][1] == spec:
                out.pop()
            if end > (out[-1][0] if out else 0):
                out.append((end, spec))
        return out


#: Nothing of what the recipe does against overfitting, as in both papers.
PLAIN: dict[str, Any] = {
    "schedule": "constant",
    "optimizer": "adam",
    "learning_rate": 1e-4,
    "votes_weight": 0.0,
    "smoothing": 0.0,
    "mixup": 0.0,
    "sides": (1.0,),
    "average": 0.0,
    "norm_faces": 0,
    "augmentation": Augmentation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False),
    "degradation": Degradation(share=0.0),
}
#: Name → what differs from ``Recipe()``. The papers' entries hold what these print: the network, its input, the
#: optimizer, its rate and the batch of the first; and the network and its input of the second.
RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "small": {"preset": "fer48_thin", "dropout": 0.1},
    "paper2017": PLAIN | {"backbone": "paper2017", "preset": "printed", "batch": 50, "dropout": 0.5, "epochs": 30},
    "paper2023": {
        "backbone": "mobilenet_v1",
        "preset": "paper2023",
        "input": InputSpec(224, 224, 3, "minus_one_to_one"),
        "sides": (1.0,),
        "epochs": 20,
    },
}


def named(name: str, **changes: Any) -> Recipe:
    """One of ``RECIPES`` with changes.

    :raises ConfigError: the name is unknown, or the values make no sense.
    """
    if name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES)
    return Recipe(**(RECIPES[name] | changes))
