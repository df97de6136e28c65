"""The default labels and the correspondence with those of FER2013 and FER+."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from fer_ros.core.base.errors import ConfigError

#: The seven of both source papers, in the order of FER2013's ``emotion`` column (Goodfellow et al. 2013,
#: arXiv:1307.0414).
DEFAULT_LABELS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

#: For what is to be told apart from every expression: it has no counterpart in the papers.
NONE_OF_THESE = "none of these"

#: In place of a label while none is probable enough; no model has to know it.
UNCERTAIN = "uncertain"

#: Characters of a label at most, and labels of a model.
MAX_LABEL, MAX_LABELS = 64, 100

#: FER+ vote columns (Barsoum et al. 2016, arXiv:1608.01041) and the default label each stands for. Contempt, unknown
#: and "no face" have no counterpart.
FERPLUS_TO_LABEL: dict[str, str] = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
}

#: Other names of the default labels and of "none of these": of data sets and of the page, in English and Korean.
ALIASES: dict[str, str] = {
    name: label
    for label, names in {
        "angry": "anger, mad, 화남, 화, 분노",
        "disgust": "disgusted, 혐오, 역겨움",
        "fear": "afraid, fearful, scared, frightened, 두려움, 공포, 무서움",
        "happy": "happiness, joy, joyful, 행복, 기쁨",
        "sad": "sadness, unhappy, 슬픔",
        "surprise": "surprised, astonished, 놀람, 놀라움",
        "neutral": "neutrality, no emotion, 무표정, 중립",
        NONE_OF_THESE: "none, other, others, 해당 없음",
    }.items()
    for name in names.split(", ")
}
#: Settings of what becomes of other names.
KNOWN, AS_IS = "known", "as-is"
LABEL_NAMES_HELP = "known: other names of the usual labels, such as joy, become these; as-is: labels stay as they are"
#: A number that orders folders, such as in ``3_happy``.
_NUMBER = re.compile(r"^\d+\s*[_.-]\s*(?=\D)")


class LabelNames:
    """Turns the names that data sets give a label into one, and remembers what it renamed.

    :ivar renamed: name → the label that it became.
    """

    def __init__(self, mode: str = KNOWN) -> None:
        """Choose the mode.

        :param mode: :data:`KNOWN`, or :data:`AS_IS`, which renames nothing.
        """
        self._as_is = mode == AS_IS
        self.renamed: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The label that a name means: one of the usual ones if it is known, else the name itself."""
        label = name if self._as_is else standard(name)
        if label != name:
            self.renamed[name] = label
        return label

    def __str__(self) -> str:
        return renamed_text(self.renamed)


def renamed_text(renamed: Mapping[str, str]) -> str:
    """The renamed labels, such as ``joy → happy``; empty if there are none."""
    return ", ".join(f"{name} → {label}" for name, label in sorted(renamed.items()))


def standard(name: str) -> str:
    """The usual label that a name means, in any case; the name itself if it means none."""
    label = _canonical(_folded(name))
    return label if label in (*DEFAULT_LABELS, NONE_OF_THESE) else name


def resolve(name: str, labels: tuple[str, ...]) -> str | None:
    """The model's label that a dataset's label means: the same, in other case, or an alias; None for none."""
    if name in labels:
        return name
    folded = _folded(name)
    by_folded = {_folded(label): label for label in labels}
    if folded in by_folded:
        return by_folded[folded]
    # Both may be other names of one expression; what could stand for two of the model's labels stands for none.
    meant = [label for label in labels if _canonical(_folded(label)) == _canonical(folded)]
    return meant[0] if len(meant) == 1 else None


def check_label(name: str) -> str:
    """The label itself, if it can be taught. Labels are data, so any short text will do.

    :raises ConfigError: empty, longer than :data:`MAX_LABEL`, unprintable, or with blanks around it.
    """
    if not name or name != name.strip() or len(name) > MAX_LABEL or not name.isprintable():
        raise ConfigError(
            f"label {name[:MAX_LABEL]!r} is not allowed: give 1 to {MAX_LABEL} printable characters, such as 'happy'",
            "label_not_allowed",
            label=name[:MAX_LABEL],
            most=MAX_LABEL,
        )
    return name


def new_label(name: str) -> str:
    """The label itself, if it may be given from now on: lists of labels are parted by commas.

    Bags and models that hold one with a comma are read all the same.

    :raises ConfigError: it holds a comma, or as of :func:`check_label`.
    """
    if "," in check_label(name):
        text = f"label {name!r} is not allowed: it holds a comma, which parts the labels of a list; leave it away"
        raise ConfigError(text, "label_comma")
    return name


def _canonical(folded: str) -> str:
    return ALIASES.get(folded, folded)


def _folded(name: str) -> str:
    """A name without the differences in writing: case, blanks, a number before it, composed letters (macOS)."""
    text = unicodedata.normalize("NFC", name).strip().casefold()
    return _NUMBER.sub("", text).replace("_", " ").replace("-", " ").strip() or text
