"""Our own plugins keep their contracts, and the checks find those that do not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Detector, Filter, Head, Sink, Source
from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.settings import setting
from fer_ros.core.base.types import Face, Frame, Result, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.testing import check_backbone, check_detector, check_filter, check_head, check_sink, check_source
from fer_ros.testing.examples.backbone import ExampleBackbone
from fer_ros.testing.examples.detector import ExampleDetector
from fer_ros.testing.examples.filter import ExampleFilter
from fer_ros.testing.examples.head import ExampleHead
from fer_ros.testing.examples.sink import ExampleSink
from fer_ros.testing.examples.source import ExampleSource


def made(kind: str, name: str, **values: Any) -> tuple[Any, Any]:
    plugin = registry.load(kind, name)
    return plugin, plugin.Settings(**values)


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    source, settings = made("sources", "sample", width=320, height=240)
    opened = source(settings)
    opened.open()
    return np.asarray(opened.read(5.0).image)


@pytest.fixture
def picture(tmp_path: Path, face: np.ndarray) -> Path:
    file = tmp_path / "picture.png"
    cv2.imwrite(str(file), face)
    return file


def test_sources(tmp_path: Path, fer_home: Path, picture: Path, face: np.ndarray) -> None:
    with bags.BagWriter(fer_home / "bags" / "some", {"camera": "none"}) as writer:
        writer.begin_take("happy")
        for number in range(1, 9):
            writer.write(number * 1_000_000, cv2.imencode(".jpg", face)[1].tobytes(), None)
    video = tmp_path / "video.avi"
    film = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (320, 240))
    for _ in range(10):
        film.write(face)
    film.release()
    small = {"width": 160, "height": 120}
    working: dict[str, dict[str, Any]] = {
        "auto": {**small, "fps": 1000.0},
        "bag": {"path": "some"},
        "face": {**small, "fps": 0.0},
        "images": {"path": str(picture), "loop": True, "fps": 0.0},
        "sample": {**small, "fps": 1000.0},
        "video": {"path": str(video)},
    }
    # A camera needs a device, and a browser has to lend its own: test_camera.py, test_browser.py.
    assert set(registry.names("sources")) == {*working, "browser", "camera"}
    for name, values in working.items():
        check_source(*made("sources", name, **values))
    check_source(*made("sources", "bag", path="some", keep_stamps=True), own_stamps=True)
    check_source(ExampleSource)


def test_detectors(face: np.ndarray) -> None:
    # BlazeFace and YuNet need networks that may not be here: test_blazeface.py, test_yunet.py.
    assert set(registry.names("detectors")) == {"blazeface", "haar", "hri", "whole_frame", "yunet"}
    check_detector(registry.load("detectors", "haar"), image=face)
    check_detector(registry.load("detectors", "whole_frame"), image=face)
    check_detector(ExampleDetector, image=face)


def test_backbones(tmp_path: Path) -> None:
    for model in ("default", "small"):
        bundle = Bundle.load(model)
        plugin = registry.load("backbones", bundle.backbone.plugin)
        check_backbone(plugin, bundle.path / bundle.backbone.file, bundle.input)
    file = tmp_path / "nothing"
    file.touch()
    check_backbone(ExampleBackbone, file, InputSpec(16, 8, 3, "zero_to_one"))


@pytest.mark.parametrize("name", registry.names("heads"))
def test_head(name: str) -> None:
    plugin = registry.load("heads", name)
    quick = {"epochs": 30, "learning_rate": 0.01, "hidden_units": 16}
    known = {f.name for f in dataclasses.fields(plugin.Settings)}
    check_head(plugin, plugin.Settings(**{n: v for n, v in quick.items() if n in known}))


def test_example_head() -> None:
    check_head(ExampleHead)


@pytest.mark.parametrize("name", registry.names("filters"))
def test_filter(name: str) -> None:
    check_filter(registry.load("filters", name))


def test_example_filter() -> None:
    check_filter(ExampleFilter)


@pytest.mark.parametrize("name", [n for n in registry.names("sinks") if not registry.load("sinks", n).needs_node])
def test_sink(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_sink(registry.load("sinks", name))


def test_example_sink(capsys: pytest.CaptureFixture[str]) -> None:
    check_sink(ExampleSink)
    assert "sad" in capsys.readouterr().out


class Still(ExampleSource):
    """Its stamps stand still."""

    def read(self, timeout: float) -> Frame:
        return dataclasses.replace(super().read(timeout), stamp=5)


class Shut(ExampleSource):
    """Reads although it is not open."""

    def read(self, timeout: float) -> Frame:
        return Frame(np.zeros((4, 4), np.uint8), self.clock())


class Outside(ExampleDetector):
    """Its box reaches out of the picture."""

    def detect(self, image: Any) -> list[Face]:
        return [Face(Roi(0, 0, image.shape[1] + 1, 1), 1.0, 1)]


class Deaf(ExampleFilter):
    """Takes no settings."""

    def configure(self, settings: Any) -> None:
        pass


class Unsure(ExampleFilter):
    """Its answers are no probabilities."""

    def update(self, probabilities: Any, elapsed: float) -> Any:
        return probabilities * np.float32(0.5)


class Blind(ExampleHead):
    """Sees nothing in a face."""

    def predict(self, embeddings: Any) -> Any:
        return np.full((len(embeddings), len(self._means)), 1.0 / len(self._means), np.float32)


class Loud(ExampleSink):
    """Fails at a frame without a face."""

    def write(self, result: Result) -> None:
        print(result.emotions[0].label)


@dataclasses.dataclass
class Soft:
    """Settings that can be changed by whoever holds them."""

    level: int = setting(3, "level", live=True)


@dataclasses.dataclass(frozen=True)
class Wild:
    """Settings whose default is not allowed."""

    level: int = setting(3, "level", high=2)


class SoftSource(ExampleSource):
    """Has soft settings."""

    Settings = Soft


class WildSource(ExampleSource):
    """Has wild settings."""

    Settings = Wild


class NewerSource(ExampleSource):
    """Of tomorrow."""

    contract = 2


@pytest.mark.parametrize(
    ("check", "plugin", "words"),
    [
        (check_source, Still, "stamps must come from self.clock"),
        (check_source, Shut, "before open must raise SourceUnavailable"),
        (check_source, SoftSource, "is not frozen"),
        (check_source, WildSource, "out of range"),
        (check_source, NewerSource, "contract must be 1 to 1"),
        (check_source, ExampleSink, "is no subclass of Source"),
        (check_detector, Outside, "does not lie inside the picture"),
        (check_filter, Deaf, "must keep the settings"),
        (check_filter, Unsure, "must have the sum 1"),
        (check_head, Blind, "of the faces that it was trained on"),
        (check_sink, Loud, "Loud raised IndexError"),
        (check_source, Source, "lacks close, open, read"),
        (check_detector, Detector, "lacks detect"),
        (check_filter, Filter, "lacks update"),
        (check_head, Head, "lacks __init__, predict"),
        (check_sink, Sink, "lacks write"),
    ],
)
def test_what_breaks_the_contract_is_named_in_one_line(
    check: Callable[[Any], None], plugin: Any, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError) as error:
        check(plugin)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_source_may_be_unavailable_at_first_but_not_in_its_check() -> None:
    class Away(ExampleSource):
        """Its camera is away."""

        def open(self) -> None:
            raise SourceUnavailable("no camera")

    with pytest.raises(SourceUnavailable, match="no camera"):
        check_source(Away)
