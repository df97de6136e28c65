"""Measuring in other processes: pictures travel unread, in batches, and come back as what the model says of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fer_ros.core.base import files, paths
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets.batches import Batch, batches, in_order
from fer_ros.core.datasets.datasets import Dataset
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.engine import Engine
from fer_ros.core.evaluating.part import Choice, Part, read_part
from fer_ros.core.recognition.recogniser import Model


def parts(
    engine: Engine,
    model: Model,
    dataset: Dataset,
    detector: Detector | None,
    among: tuple[str, ...] | None,
    strict: bool,
    resolving: bool,
    size: int,
) -> Iterator[tuple[int, Part]]:
    """Position of each batch and what comes of it, in the order of the dataset; arguments as of ``evaluate``."""
    folder = model.bundle.path.absolute()
    who = str(folder), files.sha256(folder / paths.MODEL_FILE), model.mirror
    finder = None if detector is None else (type(detector), detector.settings)
    work = functools.partial(_read, who, finder, among, strict, resolving)
    yield from in_order(engine, work, batches(dataset, size))


def _read(
    who: tuple[str, str, bool],
    finder: tuple[type[Detector], Any] | None,
    among: tuple[str, ...] | None,
    strict: bool,
    resolving: bool,
    batch: Batch,
) -> Part:
    model = _model(*who)
    detector = None if finder is None else _detector(*finder)
    pictures = [one.read() for one in batch.pictures]
    choice = Choice(among, model.bundle.labels)
    return read_part(model, pictures, detector, choice, LeftOut(strict, quiet=True), resolving)


@functools.cache
def _model(path: str, sha256: str, mirror: bool) -> Model:
    mark = Path(path, paths.MODEL_FILE)
    if not mark.is_file() or files.sha256(mark) != sha256:
        raise ConfigError(f"{path}: another model lies there, or none, on this worker: copy the model to the same path")
    return Model.open(Bundle.load(Path(path)), 1, mirror)


@functools.cache
def _detector(kind: type[Detector], settings: Any) -> Detector:
    return kind(settings)
