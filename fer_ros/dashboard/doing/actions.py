"""Maps each request to the part of the server that carries it out."""

from __future__ import annotations

from fer_ros.dashboard.doing.alike import AlikeSamples
from fer_ros.dashboard.doing.correcting import Correcting
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.phone import Phone
from fer_ros.dashboard.doing.projects import Projects
from fer_ros.dashboard.doing.recording import Recording
from fer_ros.dashboard.doing.samples import Samples
from fer_ros.dashboard.doing.training import Training
from fer_ros.dashboard.robot import Robot
from fer_ros.dashboard.talking.connection import Action


def actions(
    robot: Robot,
    recording: Recording,
    samples: Samples,
    alike: AlikeSamples,
    training: Training,
    models: Models,
    projects: Projects,
    phone: Phone,
) -> dict[str, Action]:
    """Request → its handler; names and fields are those of ``protocol.REQUESTS``."""
    correcting = Correcting(robot, recording, training, models)
    return {
        "record.start": lambda c, m: recording.start(c, m["label"], m["subject"]),
        "record.stop": lambda c, m: recording.stop(c),
        "record.discard": lambda c, m: recording.discard(c, m["take"]),
        "record.revise": lambda c, m: samples.revise(c, m["take"], m["stamps"], m["label"]),
        "record.restore": lambda c, m: recording.restore(c, m["take"], m["entry"]),
        "samples.list": lambda c, m: samples.list(c, m["label"]),
        "samples.pictures": lambda c, m: samples.pictures(c, m["take"], m["stamps"]),
        "samples.add": lambda c, m: samples.add(c, m["label"], m["subject"], m["count"]),
        "samples.alike": lambda c, m: alike.find(c, m["face"]),
        "correct": lambda c, m: correcting.correct(c, m["label"], m["face"], m["subject"]),
        "correct.undo": lambda c, m: correcting.undo(c),
        "label.check": lambda c, m: samples.check(m["label"]),
        "train.start": lambda c, m: training.start(c, **m.fields),
        "train.material": lambda c, m: training.material(),
        "train.cancel": lambda c, m: training.cancel(),
        "models.list": lambda c, m: models.list(),
        "model.load": lambda c, m: models.load(m["name"]),
        "model.rename": lambda c, m: models.rename(m["name"], m["new"]),
        "model.delete": lambda c, m: models.delete(m["name"]),
        "model.download": lambda c, m: models.ticket(m["name"], m["names"]),
        "project.save": lambda c, m: projects.save(c),
        "project.open": lambda c, m: projects.open(m["name"]),
        "camera.start": lambda c, m: phone.start(c),
        "camera.stop": lambda c, m: phone.stop(c),
    }
