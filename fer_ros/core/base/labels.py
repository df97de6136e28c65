"""The default labels and the correspondence with those of FER2013 and FER+."""

from __future__ import annotations

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

#: Other names that datasets use for the default labels.
ALIASES: dict[str, str] = {
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}


def resolve(name: str, labels: tuple[str, ...]) -> str | None:
    """The model's label that a dataset's label means: the same, in other case, or an alias; None for none."""
    if name in labels:
        return name
    folded = name.strip().casefold()
    by_folded = {label.casefold(): label for label in labels}
    if folded in by_folded:
        return by_folded[folded]
    # Both may be other names of one expression; what could stand for two of the model's labels stands for none.
    meant = [label for label in labels if _canonical(label.casefold()) == _canonical(folded)]
    return meant[0] if len(meant) == 1 else None


def check_label(name: str) -> str:
    """The label itself where it can be taught: labels are data, so any short text will do.

    :raises ConfigError: empty, longer than :data:`MAX_LABEL`, unprintable, or with blanks around it.
    """
    if not name or name != name.strip() or len(name) > MAX_LABEL or not name.isprintable():
        raise ConfigError(
            f"label {name[:MAX_LABEL]!r} is not allowed: give 1 to {MAX_LABEL} printable characters, such as 'happy'"
        )
    return name


def _canonical(folded: str) -> str:
    return ALIASES.get(folded, folded)
