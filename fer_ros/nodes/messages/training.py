"""Requests, progress and outcome of a training as messages."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from fer_msgs.msg import TrainProgress
from fer_ros.core.base import settings
from fer_ros.core.base.errors import FerError
from fer_ros.core.training.options import HEAD_SETTINGS, Options
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.nodes.messages.metrics import quality
from fer_ros.nodes.messages.reasons import reason

#: Fields of the request that stand for the option of the same name, as those of HEAD_SETTINGS do for the head's.
OPTIONS = ("head", "split", "seed", "class_weights")
#: Share of the work from which the time to go can be told.
TELLS_FROM = 0.1


def options(request: Any, defaults: Options) -> Options:
    """The training that a request asks for. Fields that are neither zero nor empty override the defaults.

    :raises ConfigError: a value is out of range or not one of the choices.
    """
    values = {name: getattr(defaults, name) for name in settings.fields(Options)}
    return settings.make(Options, {**values, **_asked(request, OPTIONS)})


def head_settings(request: Any, defaults: Any) -> dict[str, Any]:
    """The head's settings that a request asks for, setting → value, likewise.

    :param defaults: the head's ``Settings``. The request may ask for more than it has.
    """
    return {**dataclasses.asdict(defaults), **_asked(request, HEAD_SETTINGS)}


def progress(step: Progress, elapsed: float) -> TrainProgress:
    """The progress of the training.

    :param elapsed: seconds since the request.
    """
    share = step.share
    return TrainProgress(
        phase=step.phase,
        model=step.model,
        head=step.head,
        epoch=step.epoch,
        epochs=step.epochs,
        progress=share,
        elapsed=elapsed,
        remaining=elapsed * (1.0 - share) / share if share >= TELLS_FROM else math.nan,
        **{name: step.row.get(name, math.nan) for name in ("loss", "accuracy", "val_loss", "val_accuracy")},
    )


def ended(phase: str, told: FerError, elapsed: float, outcome: Outcome | None = None) -> TrainProgress:
    """The end of a training: one of the phases done, cancelled and failed; or idle, before the first.

    :param told: one line for people, with its code for programs.
    """
    last = outcome.history[-1] if outcome and outcome.history else {}
    epochs = len(outcome.history) if outcome else 0
    return TrainProgress(
        phase=phase,
        model=outcome.model if outcome else "",
        head=outcome.head if outcome else "",
        epoch=epochs,
        epochs=epochs,
        progress=1.0 if phase == TrainProgress.PHASE_DONE else 0.0,
        elapsed=elapsed,
        remaining=0.0,
        message=str(told),
        reason=reason(told),
        **{name: last.get(name, math.nan) for name in ("loss", "accuracy", "val_loss", "val_accuracy")},
    )


def fill(response: Any, outcome: Outcome) -> None:
    """Put the outcome into the answer of the service, or the result of the action: both have the same fields."""
    response.model = outcome.model
    response.metrics = quality(outcome.metrics, outcome.interval)
    response.baseline = quality(outcome.baseline, outcome.interval_of(outcome.baseline) if outcome.baseline else ())
    response.not_learned = outcome.unlearned
    response.record_more, response.record_count = outcome.wanted
    response.another_day = math.nan if outcome.another_day is None else outcome.another_day
    response.general_kept = outcome.general_kept
    response.split = f"{outcome.split}: {outcome.note}"
    response.train_count = outcome.total("train")
    response.validation_count = outcome.total("validation")
    response.test_count = outcome.total("test")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        setattr(response, name, [row[name] for row in outcome.history if name in row])
    response.phases, response.phase_seconds = list(outcome.phases), list(outcome.phases.values())


def _asked(request: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(request, name) for name in names if getattr(request, name)}
