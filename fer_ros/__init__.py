"""Facial expression recognition for ROS 2: see, record, learn and publish the emotions of people.

Public are the names in ``__all__``, the module ``fer_ros.testing``, the command ``fer``, the entry-point groups
``fer_ros.*``, and what ``docs/ros_interface.md`` lists. A public name changes only with a line in CHANGELOG.rst.
Everything else is private, whatever it is called, and may change with any commit. Import public names from here::

    import cv2, fer_ros

    reader = fer_ros.Reader()
    for face in reader.read(cv2.imread("people.jpg")):
        print(face.label, face.scores)

A name is loaded when it is first used, so that ``import fer_ros`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fer_ros.api.learning import evaluate, teach
    from fer_ros.api.reader import Reader
    from fer_ros.core.base.arrays import pack, unpack
    from fer_ros.core.base.contracts import (
        Backbone,
        Detector,
        EndOfSource,
        Filter,
        GeneralModel,
        Head,
        LabelledFaces,
        Plugin,
        Sink,
        Source,
        Task,
        TrainedHead,
    )
    from fer_ros.core.base.errors import BadImage, ConfigError, FerError, SourceUnavailable
    from fer_ros.core.base.geometry import Framing, InputSpec
    from fer_ros.core.base.settings import NoSettings, setting
    from fer_ros.core.base.types import Emotion, Face, Frame, Result, Roi, StageTimes
    from fer_ros.core.bundles.bundle import Bundle, Network
    from fer_ros.core.evaluating.evaluation import Evaluation
    from fer_ros.core.evaluating.metrics import Metrics
    from fer_ros.core.recognition.smoothing import SmoothingSettings
    from fer_ros.core.training.options import Options
    from fer_ros.core.training.outcome import Outcome, Progress

__version__ = "0.1.0"

#: Where each public name comes from; a test compares it with the imports above.
_HOMES = {
    "api.learning": ("evaluate", "teach"),
    "api.reader": ("Reader",),
    "core.base.arrays": ("pack", "unpack"),
    "core.base.contracts": (
        "Backbone",
        "Detector",
        "EndOfSource",
        "Filter",
        "GeneralModel",
        "Head",
        "LabelledFaces",
        "Plugin",
        "Sink",
        "Source",
        "Task",
        "TrainedHead",
    ),
    "core.base.errors": ("BadImage", "ConfigError", "FerError", "SourceUnavailable"),
    "core.base.geometry": ("Framing", "InputSpec"),
    "core.base.settings": ("NoSettings", "setting"),
    "core.base.types": ("Emotion", "Face", "Frame", "Result", "Roi", "StageTimes"),
    "core.bundles.bundle": ("Bundle", "Network"),
    "core.evaluating.evaluation": ("Evaluation",),
    "core.evaluating.metrics": ("Metrics",),
    "core.recognition.smoothing": ("SmoothingSettings",),
    "core.training.options": ("Options",),
    "core.training.outcome": ("Outcome", "Progress"),
}
_HOME_OF = {name: f"fer_ros.{home}" for home, names in _HOMES.items() for name in names}

__all__ = [
    "Backbone",
    "BadImage",
    "Bundle",
    "ConfigError",
    "Detector",
    "Emotion",
    "EndOfSource",
    "Evaluation",
    "Face",
    "FerError",
    "Filter",
    "Frame",
    "Framing",
    "GeneralModel",
    "Head",
    "InputSpec",
    "LabelledFaces",
    "Metrics",
    "Network",
    "NoSettings",
    "Options",
    "Outcome",
    "Plugin",
    "Progress",
    "Reader",
    "Result",
    "Roi",
    "Sink",
    "SmoothingSettings",
    "Source",
    "SourceUnavailable",
    "StageTimes",
    "Task",
    "TrainedHead",
    "__version__",
    "evaluate",
    "pack",
    "setting",
    "teach",
    "unpack",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'fer_ros' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
