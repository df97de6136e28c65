"""The options of every training. The same fields are parameters of the trainer node and options of ``fer train``."""

from __future__ import annotations

from dataclasses import dataclass, fields

from fer_ros.core.base.labels import AS_IS, KNOWN, LABEL_NAMES_HELP
from fer_ros.core.base.settings import setting

SPLITS = ("auto", "cross", "sessions", "takes", "blocks", "random")
#: Not "off", which YAML takes for a truth value.
PEOPLE = ("none", "auto")
#: Altered copies of each face by default, for a head that crosses: at most so many, and so many faces with them.
COPIES, FACES = 24, 600
#: What a request, of ROS or of the page, may set of a head that has it.
HEAD_SETTINGS = ("epochs", "learning_rate", "batch_fraction", "hidden_units")


@dataclass(frozen=True)
class Options:
    """Which head is trained, and how the data is handled; a head's own settings say how it learns.

    The split of 70/15/15 is the webcam paper's of 2023. The one altered copy of each face (``copies``) is not: without
    it a head learns the few seconds that it saw by heart (``docs/training.md``).
    """

    head: str = setting("auto", "head plugin: auto, ridge, dense, linear, prototype", live=True)
    split: str = setting("auto", "how faces are held out for testing", choices=SPLITS, live=True)
    base: str = setting("default", "the general model: its backbone is used and its score is the baseline", live=True)
    detector: str = setting(
        "haar", "the detector whose boxes the bags hold, if they do not say so themselves", live=True
    )
    label_names: str = setting(KNOWN, LABEL_NAMES_HELP, choices=(KNOWN, AS_IS), live=True)
    people: str = setting(
        "none",
        "auto: know the recorded people by their faces, read each by a head of their own, publish who is seen",
        choices=PEOPLE,
        live=True,
    )
    strict: bool = setting(False, "refuse pictures that cannot be read instead of leaving them out", live=True)
    seed: int = setting(1, "seed of all random choices", low=0, high=2**32 - 1, live=True)
    train_share: float = setting(0.70, "share of the faces to train on", low=0.05, high=0.95, live=True)
    validation_share: float = setting(
        0.15, "share for validation; the rest is for testing", low=0.0, high=0.9, live=True
    )
    gap: float = setting(0.5, "seconds left out between blocks of different parts", low=0.0, high=60.0, live=True)
    class_weights: bool = setting(False, "make labels with few faces count as much as those with many", live=True)
    refit: bool = setting(
        True, "after the measurement, let the head also learn the faces that were held out for it", live=True
    )
    copies: int = setting(
        -1,
        "altered copies of each training face; 0: no augmentation, -1: as the head needs",
        low=-1,
        high=50,
        live=True,
    )
    flip: bool = setting(True, "augmentation: mirror half of the copies", live=True)
    shift: float = setting(0.06, "augmentation: shift, ± this share of the side", low=0.0, high=0.4, live=True)
    light: float = setting(0.25, "augmentation: contrast and brightness, ± this share", low=0.0, high=0.9, live=True)

    def copies_of(self, faces: int, crosses: bool) -> int:
        """Altered copies of each of so many faces.

        :param crosses: see :attr:`fer_ros.core.base.contracts.Head.crosses`.
        """
        if self.copies >= 0:
            return self.copies
        return min(COPIES, FACES // max(faces, 1)) if crosses else 1

    def __repr__(self) -> str:
        """The options that differ from the defaults."""
        changed = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}
        return f"Options({', '.join(f'{name}={value!r}' for name, value in changed.items())})"
