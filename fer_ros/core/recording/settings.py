"""Settings of recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.storages import BY_NAME, DEFAULT
from fer_ros.core.base.errors import ConfigError, FerError, unknown_name
from fer_ros.core.base.labels import (
    AS_IS,
    DEFAULT_LABELS,
    KNOWN,
    LABEL_NAMES_HELP,
    MAX_LABELS,
    NONE_OF_THESE,
    LabelNames,
    check_label,
    resolve,
)
from fer_ros.core.base.settings import setting

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class RecordingSettings:
    """Settings of the whole session. Label and length are given with each take."""

    labels: str = setting(
        ", ".join((*DEFAULT_LABELS, NONE_OF_THESE)), "labels that may be recorded, with commas between them", live=True
    )
    label_names: str = setting(KNOWN, LABEL_NAMES_HELP, choices=(KNOWN, AS_IS))
    storage: str = setting(DEFAULT, "storage of new bags", choices=tuple(BY_NAME))
    camera: str = setting(
        "", "what took the pictures, for the bag's custom_data; empty: the camera's known name", live=True
    )
    consent: str = setting("", "what the people recorded have agreed to, for the bag's custom_data", live=True)
    record_without_face: bool = setting(False, "record frames in which no face is found, too", live=True)
    jpeg_quality: int = setting(
        90, "quality of frames that arrive uncompressed, 1 (small) to 100", low=1, high=100, live=True
    )
    max_bag_mb: int = setting(20_000, "size at which recording ends, MB", low=1, live=True)
    min_free_mb: int = setting(200, "recording ends with less free on the disk, MB", low=0, live=True)
    trash_days: float = setting(30.0, "days for which what was discarded can be brought back", low=0.0, live=True)
    queue: int = setting(60, "frames that may wait to be written; further ones are dropped", low=1, high=1000)

    def __post_init__(self) -> None:
        parse_labels(self.labels, self.label_names)

    def facts(self, known: Mapping[str, str]) -> dict[str, str]:
        """The facts of a take.

        :param known: facts from elsewhere, such as the camera's name; the settings override them.
        """
        told = {"camera": self.camera, "consent": self.consent}
        return {**told, **{key: value for key, value in known.items() if not told.get(key)}}

    def check_space(self, folder: Path | None, size: int, free: int) -> None:
        """Compare the size of a bag and the free space with the limits.

        :raises StorageError: the bag is as large as allowed, or the disk nearly full.
        """
        if size > self.max_bag_mb * MEGABYTE:
            text = f"{folder} has reached {self.max_bag_mb} MB (max_bag_mb): go on in another bag"
            raise StorageError(text, "bag_full", megabytes=self.max_bag_mb)
        if free < self.min_free_mb * MEGABYTE:
            raise StorageError(
                f"{folder}: less than {self.min_free_mb} MB are free on the disk (min_free_mb): free some space",
                "disk_full",
            )


def parse_labels(text: str, mode: str = KNOWN) -> tuple[str, ...]:
    """The labels in a text such as ``happy, none of these``.

    :param mode: whether ``joy`` becomes ``happy``, see :class:`fer_ros.core.base.labels.LabelNames`.
    :raises ConfigError: there is none, one is not allowed or given twice, or there are more than a model can have.
    """
    parts = text.split(",", MAX_LABELS)
    if len(parts) > MAX_LABELS:
        text = f"labels has more than {MAX_LABELS} labels: a model cannot learn so many"
        raise ConfigError(text, "labels_many", most=MAX_LABELS)
    names, seen = LabelNames(mode), dict[str, None]()
    for part in parts:
        label = names.of(check_label(part.strip()))
        if label in seen:
            note = f" ({names})" if names.renamed else ""
            raise ConfigError(f"label {label!r} is given twice{note}", "label_twice", label=label)
        seen[label] = None
    return tuple(seen)


def renamed_labels(text: str, mode: str = KNOWN) -> str:
    """What :func:`parse_labels` renames, such as ``joy → happy``; empty where it renames nothing."""
    names = LabelNames(mode)
    for part in text.split(","):
        names.of(part.strip())
    return str(names)


def meant(label: str, labels: tuple[str, ...], mode: str) -> str:
    """The allowed label that a name means; the name itself if there is none."""
    return label if label in labels or mode != KNOWN else resolve(label, labels) or label


def renamed(asked: str, label: str) -> FerError:
    """What a status says of a label that is recorded under another name."""
    return FerError(f"{asked} is recorded as {label}", "recorded_as", label=asked, there=label)


def check_take(label: str, labels: tuple[str, ...], seconds: float, samples: int) -> None:
    """Check a new take's label and limits.

    :raises ConfigError: the label may not be recorded, or a limit is not allowed.
    """
    if not label:
        raise ConfigError(f"the label is empty: choose one of {', '.join(labels)}", "label_empty")
    if label not in labels:
        text = f"{unknown_name('label', label, labels)}, or add it to labels"
        raise ConfigError(text, "unknown_name", kind="label", name=label)
    if not 0.0 <= seconds < float("inf") or samples < 0:
        raise ConfigError(f"a limit of {seconds:g} s or {samples} samples is not allowed: give 0 or more")
