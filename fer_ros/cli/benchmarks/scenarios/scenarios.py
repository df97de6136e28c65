"""What can be measured, by name: each scenario is one function from the setup to plain figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fer_ros.cli import detectors
from fer_ros.cli.benchmarks.scenarios import over_ros, peers, recording, scenes, stages, start, training, two_processes
from fer_ros.cli.benchmarks.scenarios.pictures import pictures
from fer_ros.cli.benchmarks.tables import reference
from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import FerError, unknown_name
from fer_ros.core.base.types import ImageArray
from fer_ros.core.bundles.bundle import Bundle

#: Frames a second of the sources, and so of what runs at their own rate; frames at most of what does.
FPS, ROS_FRAMES = 30.0, 300
PEER_FRAMES = 150


@dataclass(frozen=True)
class Setup:
    """What the user has chosen.

    :ivar detector_settings: name → value as typed, of the detector.
    :ivar width: pixels of a frame; ``height`` likewise.
    :ivar frames: per scenario.
    :ivar threads: CPU threads of the network.
    :ivar peer: interpreter of an environment that has the package ``fer``.
    :ivar ros: whether what needs ROS 2 may run.
    """

    bundle: Bundle
    source: str = "sample"
    detector: str = "auto"
    detector_settings: Mapping[str, str] = field(default_factory=dict)
    width: int = 640
    height: int = 480
    frames: int = 300
    threads: int = 1
    peer: str = sys.executable
    ros: bool = True

    def make_detector(self, faces: int = 1) -> Detector:
        """The detector; its setting ``max_faces``, where it has one, allows at least ``faces``.

        :raises ConfigError: it is unknown, or a setting is wrong.
        """
        return detectors.make(self.detector, self.detector_settings, faces)

    @contextmanager
    def pictures(self, size: tuple[int, int] | None = None) -> Iterator[Iterator[ImageArray]]:
        """Pictures of the source; ``size``: width and height where they are not the chosen ones."""
        with pictures(self.source, *(size or (self.width, self.height))) as images:
            yield images

    @property
    def of_source(self) -> dict[str, int]:
        """The settings that bring the source to the size, where it has them."""
        known = settings.fields(registry.load("sources", self.source).Settings)
        return {name: getattr(self, name) for name in ("width", "height") if name in known}


@dataclass(frozen=True)
class Scenario:
    """One thing to measure.

    :ivar group: what it can be chosen by, with others.
    :ivar missing: why it cannot be measured here, empty where it can.
    :ivar optional: a failure is reported in place of figures, and the other scenarios go on.
    """

    name: str
    group: str
    text: str
    measure: Callable[[Setup], dict[str, Any]]
    missing: Callable[[Setup], str] = lambda setup: ""
    optional: bool = False

    def run(self, setup: Setup) -> dict[str, Any]:
        """The figures, with ``reference_ms``; ``skipped`` alone, a reason, where it cannot be measured.

        :raises FerError: it failed and is not optional.
        """
        reason = self.missing(setup)
        if reason:
            return {"skipped": reason}
        before = reference.median_ms()
        try:
            found = self.measure(setup)
        except FerError as error:
            if not self.optional:
                raise
            return {"skipped": str(error)}
        return {"reference_ms": round((before + reference.median_ms()) / 2.0, 4), **found}


def _faces(
    change: Callable[[Iterator[ImageArray]], Iterator[ImageArray]] = lambda images: images,
    size: tuple[int, int] | None = None,
    threads: int = 0,
    compressed: bool = False,
) -> Callable[[Setup], dict[str, Any]]:
    def measure(setup: Setup) -> dict[str, Any]:
        with setup.pictures(size) as images:
            found = stages.measure(
                setup.bundle,
                setup.make_detector(),
                change(images),
                setup.frames,
                threads or setup.threads,
                compressed,
            )
        return {"size": list(size or (setup.width, setup.height)), "threads": threads or setup.threads, **found}

    return measure


def _many(count: int) -> Callable[[Setup], dict[str, Any]]:
    def measure(setup: Setup) -> dict[str, Any]:
        with setup.pictures() as images:
            shown = scenes.many(images, count, setup.make_detector())
            found = stages.measure(setup.bundle, setup.make_detector(count), shown, setup.frames, setup.threads)
        return {"size": [setup.width, setup.height], "threads": setup.threads, **found}

    return measure


def _start(setup: Setup) -> dict[str, Any]:
    words = [setup.bundle.name, setup.source, setup.detector, *map(str, (setup.width, setup.height, setup.threads))]
    return start.measure([*words, *_pairs(setup.detector_settings)])


def _one_process(setup: Setup) -> dict[str, Any]:
    options = ["--source", setup.source, "--detector", setup.detector, "--model", setup.bundle.name]
    values: dict[str, object] = {f"sources.{setup.source}.{name}": value for name, value in setup.of_source.items()}
    values |= {f"detectors.{setup.detector}.{name}": value for name, value in setup.detector_settings.items()}
    for pair in _pairs({**values, "threads": setup.threads}):
        options += ["--set", pair]
    return over_ros.measure(options, min(setup.frames, ROS_FRAMES))


def _two_processes(transport: str) -> Callable[[Setup], dict[str, Any]]:
    def measure(setup: Setup) -> dict[str, Any]:
        camera = {"source": setup.source, **{f"sources.{setup.source}.{n}": v for n, v in setup.of_source.items()}}
        inference = {
            "model": setup.bundle.name,
            "detector": setup.detector,
            "threads": setup.threads,
            "image_transport": transport,
            **{f"detectors.{setup.detector}.{name}": value for name, value in setup.detector_settings.items()},
        }
        return two_processes.measure(camera, inference, min(setup.frames, ROS_FRAMES) / FPS)

    return measure


def _peer(setup: Setup) -> dict[str, Any]:
    with setup.pictures() as images:
        count = min(setup.frames, PEER_FRAMES)
        return peers.peer(setup.peer, setup.bundle, setup.make_detector(), images, count, setup.threads)


def _keras(setup: Setup) -> dict[str, Any]:
    with setup.pictures() as images:
        count = min(setup.frames, PEER_FRAMES)
        return peers.keras(setup.bundle, setup.make_detector(), images, count, setup.threads)


def _recording(setup: Setup) -> dict[str, Any]:
    return recording.measure(setup.source, min(setup.frames, ROS_FRAMES) / FPS)


def _training(setup: Setup) -> dict[str, Any]:
    return training.measure(max(6, min(100, setup.frames // 3)), setup.bundle.name, setup.detector)


def _no_ros(setup: Setup) -> str:
    return over_ros.missing() if setup.ros else "left out by --no-ros"


def _ros(name: str, text: str, measure: Callable[[Setup], dict[str, Any]], group: str = "ros") -> Scenario:
    return Scenario(name, group, text, measure, _no_ros, optional=True)


SCENARIOS = (
    Scenario("one_face", "faces", "one face, tracked", _faces()),
    Scenario("fast_face", "faces", "one face that moves fast", _faces(scenes.fast)),
    Scenario("no_face", "faces", "no face: the pictures shuffled in tiles", _faces(scenes.scattered)),
    Scenario("five_faces", "faces", "5 faces", _many(5)),
    Scenario("twenty_faces", "faces", "20 faces", _many(20)),
    Scenario("compressed", "faces", "one face, frames as JPEG", _faces(compressed=True)),
    Scenario("two_threads", "faces", "one face, two threads", _faces(threads=2)),
    *(
        Scenario(f"{width}x{height}", "sizes", f"one face, {width}x{height}", _faces(size=(width, height)))
        for width, height in ((320, 240), (640, 480), (1280, 720), (1920, 1080))
    ),
    Scenario("start", "robot", "start to first emotion, memory; without ROS", _start),
    _ros("one_process", "camera and inference in one process, heard in another", _one_process),
    _ros("two_processes", "camera, inference and listener in three processes, raw frames", _two_processes("raw")),
    _ros("two_processes_compressed", "the same, JPEG frames", _two_processes("compressed")),
    _ros("recording", "recording without inference", _recording, "robot"),
    Scenario("training", "robot", "training, from the bag to the model in use", _training, optional=True),
    Scenario(
        "peer", "peers", "whole frame, the package fer", _peer, lambda s: peers.missing_peer(s.peer), optional=True
    ),
    Scenario("keras", "peers", "the backbone in Keras", _keras, lambda s: peers.missing_keras(), optional=True),
)
#: What runs where nothing is chosen: a minute.
DEFAULT = ("faces", "robot", "one_process")


def choose(names: Sequence[str]) -> list[Scenario]:
    """Scenarios by their names or groups, or ``all``, in the order of :data:`SCENARIOS`.

    :raises ConfigError: a name is unknown.
    """
    wanted = [part for name in names for part in name.split(",") if part] or list(DEFAULT)
    groups = list(dict.fromkeys(scenario.group for scenario in SCENARIOS))
    known = [*(scenario.name for scenario in SCENARIOS), *groups, "all"]
    for name in wanted:
        if name not in known:
            raise unknown_name("scenario", name, known)
    return [s for s in SCENARIOS if {"all", s.name, s.group} & set(wanted)]


def listing() -> str:
    """One line a scenario, for ``--help``."""
    wide = max(len(scenario.name) for scenario in SCENARIOS)
    lines = [f"  {s.name:<{wide}}  {s.group:<6}  {s.text}" for s in SCENARIOS]
    return "scenarios, the group of each, and what is measured:\n" + "\n".join(lines)


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]
