"""Recording labelled frames into bags, without ROS: the node ``recorder`` and ``fer record`` are shells around this."""

from fer_ros.core.recording.faces import FaceFinder, settings_for
from fer_ros.core.recording.recorder import Recorder
from fer_ros.core.recording.settings import RecordingSettings, parse_labels, renamed_labels
from fer_ros.core.recording.status import State, Status
from fer_ros.core.recording.work import Incoming

__all__ = [
    "FaceFinder",
    "Incoming",
    "Recorder",
    "RecordingSettings",
    "State",
    "Status",
    "parse_labels",
    "renamed_labels",
    "settings_for",
]
