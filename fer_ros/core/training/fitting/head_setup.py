"""The input of a head's training: its settings, the faces, and what it may know of the general model."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import GeneralModel, Head, LabelledFaces, TrainedHead
from fer_ros.core.base.errors import ConfigError, quoted, unknown_name
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.training.options import Options
from fer_ros.core.training.split_parts import Indices


def settings_of(name: str, given: Mapping[str, Any]) -> Any:
    """A head's settings from plain values.

    :raises ConfigError: there is no such head, it has no such setting (the message lists those it has), or a value is
        out of range.
    """
    plugin: type[Head] = registry.load("heads", name)
    known = settings.fields(plugin.Settings)
    for word in given:
        if not known:
            raise ConfigError(f"head '{name}' has no settings, so {quoted(word)} cannot be set: choose another head")
        if word not in known:
            raise unknown_name(f"setting of head '{name}'", word, known)
    taken = sorted(set(known) & {*settings.fields(Options), "general"})
    if taken:
        raise ConfigError(f"head '{name}' has a setting '{taken[0]}', which every training has: call it otherwise")
    return settings.make(plugin.Settings, given)


def typed(name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """A head's settings as typed in a command, each with the type that it should have; an unknown one stays a text."""
    known = settings.fields(registry.load("heads", name).Settings)
    return {
        word: settings.from_text(word, known[word][0], text) if word in known else text for word, text in given.items()
    }


def general_model(bundle: Bundle, head: Head) -> GeneralModel:
    """What a head's training may know of a bundle; ``head`` is the bundle's own, loaded."""
    return GeneralModel(
        name=bundle.name,
        path=bundle.path,
        labels=bundle.labels,
        head=head,
        head_plugin=bundle.head.plugin,
        head_file=bundle.head.file,
        quality=bundle.quality,
    )


def loaded(trained: TrainedHead, plugin: str, labels: tuple[str, ...], shape: tuple[int, ...]) -> Head:
    """The head as it ships, loaded from its file; a head that cannot be loaded is never written.

    :param plugin: name of the plugin that runs it.
    :param shape: of the embedding.
    """
    with tempfile.TemporaryDirectory(prefix="fer_head_") as folder:
        file = Path(folder) / "head.npz"
        file.write_bytes(trained.content)
        head: Head = registry.load("heads", plugin)(file, labels, shape)
        return head


def chosen(samples: LabelledFaces, indices: Indices, weighted: bool = False) -> LabelledFaces:
    """Some of the faces; ``weighted`` makes labels with few of them count as much as those with many."""
    part = samples.chosen(indices)
    return replace(part, weights=_weights(part.targets, weighted))


def _weights(targets: Indices, weighted: bool) -> FloatArray:
    """What each face counts: the same, or so that every label counts the same; the mean is 1."""
    if not weighted or not len(targets):
        return np.ones(len(targets), np.float32)
    counts = np.bincount(targets)
    return (len(targets) / (np.count_nonzero(counts) * counts[targets])).astype(np.float32)
