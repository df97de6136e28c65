"""Measure a model, and teach one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fer_ros.core.base import paths, registry, settings
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating import evaluation
from fer_ros.core.evaluating.evaluation import Evaluation
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.request import Request


def evaluate(
    dataset: str | os.PathLike[str],
    model: str | Path = paths.DEFAULT,
    detector: str = "auto",
    *,
    crops: bool = False,
    threads: int = 2,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Measure a model on labelled pictures, as ``fer eval`` does.

    :param dataset: a bag, a folder ``<label>/*.png|jpg``, or ``fer2013.csv``.
    :param model: its name, or the folder of one; ``"selected"`` is the one that ``fer models select`` chose.
    :param detector: finds the face if the dataset does not say where it is.
    :param crops: the pictures are already cut to a face, so no detector runs.
    :param threads: CPU threads of the network.
    :param progress: called with the number of pictures done.
    :returns: its ``metrics`` hold accuracy, macro F1 and the confusion matrix; ``to_dict()`` gives plain values.
    :raises ConfigError: the dataset or the model cannot be used, or there is nothing to measure.
    """
    from fer_ros.core.datasets import datasets
    from fer_ros.core.vision import choosing

    opened = Model.open(Bundle.load(model), threads)
    pictures = datasets.load(Path(dataset), crops)
    finder = None if pictures.crops else registry.load("detectors", choosing.resolve(detector))()
    return evaluation.evaluate(opened, pictures, finder, progress=progress)


def teach(
    bags: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    name: str = "",
    *,
    select: bool = False,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Outcome:
    """Train a head on recorded bags and write a model, in a process of its own, as ``fer train`` does.

    :param bags: one or several: names in ``$FER_HOME/bags``, or paths.
    :param name: of the new model; empty for one with the time of day.
    :param select: from now on, use this model if none is named.
    :param progress: called at every change of phase and after every epoch.
    :param options: of the training, see :class:`Options`, such as ``head="linear"``; and settings of that head, see
        ``fer plugins heads linear``, such as ``learning_rate=1e-3``.
    :returns: the figures measured on held-out faces, and the model's folder.
    :raises ConfigError: a bag, a name or an option is wrong, or the faces are too few.
    """
    from fer_ros.core import bags as recorded
    from fer_ros.core.training.client import TrainingProcess
    from fer_ros.core.training.fitting import head_setup

    several = [bags] if isinstance(bags, (str, os.PathLike)) else list(bags)
    folders = tuple(dict.fromkeys(recorded.locate(os.fspath(bag)) for bag in several))
    chosen = settings.make(Options, {key: options.pop(key) for key in settings.fields(Options) if key in options})
    head_setup.settings_of(chosen.head, options)
    request = Request(folders, chosen, name, options)
    outcome = TrainingProcess().run(request, progress or (lambda step: None))
    if select:
        model_store.select(outcome.model)
    return outcome
