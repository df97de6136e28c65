"""What each kind of plugin must do: one file a kind. A plugin is a subclass, named by an entry point of its group."""

from fer_ros.core.base.contracts.backbone import Backbone
from fer_ros.core.base.contracts.detector import Detector
from fer_ros.core.base.contracts.filter import Filter
from fer_ros.core.base.contracts.head import GeneralModel, Head, LabelledFaces, Task, TrainedHead
from fer_ros.core.base.contracts.plugin import CONTRACT, EdgePlugin, Live, Plugin
from fer_ros.core.base.contracts.sink import Sink
from fer_ros.core.base.contracts.source import Clock, EndOfSource, NotYet, Source

__all__ = [
    "CONTRACT",
    "Backbone",
    "Clock",
    "Detector",
    "EdgePlugin",
    "EndOfSource",
    "Filter",
    "GeneralModel",
    "Head",
    "LabelledFaces",
    "Live",
    "NotYet",
    "Plugin",
    "Sink",
    "Source",
    "Task",
    "TrainedHead",
]
