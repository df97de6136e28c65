"""Shadow runs: what is compared, the shared backbone, and shadows that fail, hang or are ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.types import Frame
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.recognition.shadow import Comparison, Shadow, same_backbone
from fer_ros.core.recognition.smoothing import Smoother

Write = Callable[..., Bundle]
DARK, BRIGHT = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 255, np.uint8)
#: A head that takes dark for bright and bright for dark.
WRONG = {"head.npz": pack(kernel=np.array([[20.0, -20.0]]), bias=np.array([-10.0, 10.0]))}


class Run:
    """A recogniser with a shadow; every comparison is kept."""

    def __init__(self, main: Recogniser, shadow: Bundle, **more: Any) -> None:
        self.main, self.news = main, threading.Condition()
        self.told: list[Comparison] = []
        self.shadow = Shadow(shadow, main, self._tell, **more)
        self.shadow.start()
        self.stamp = 0

    def _tell(self, found: Comparison) -> None:
        with self.news:
            self.told.append(found)
            self.news.notify_all()

    def show(self, image: np.ndarray) -> None:
        """Read a frame, then hand it over; waits until the shadow has read it or has ended."""
        self.stamp += 1_000_000_000
        result = self.main.process(Frame(image, self.stamp))
        self.shadow.put(result)
        deadline = threading.Event()
        for _ in range(6_000):
            last = self.shadow.last
            if last.error or (last.result is not None and last.result.frame.stamp == self.stamp):
                return
            deadline.wait(0.01)
        raise AssertionError("the shadow does not read")


@pytest.fixture
def run(brightness: Write) -> Iterator[Callable[..., Run]]:
    """``run(shadow)``: a run beside the model that calls faces dark or bright."""
    runs: list[Run] = []

    def make(shadow: Bundle, main: Bundle | None = None, **more: Any) -> Run:
        detector = registry.load("detectors", "whole_frame")()
        runs.append(Run(Recogniser(main or brightness("in_use"), detector), shadow, **more))
        return runs[-1]

    yield make
    for one in runs:
        one.shadow.stop(30.0)
        assert not one.shadow._thread.is_alive()


def test_what_is_read_otherwise_is_told_with_both_labels(run: Any, brightness: Write) -> None:
    it = run(brightness("other", contents=WRONG))
    for image in (DARK, DARK, BRIGHT):
        it.show(image)
    last = it.told[-1]
    assert len(it.told) == 3 and last.shadow == "other" and last.result.model == "in_use"
    assert last.pairs == {("dark", "bright"): 2, ("bright", "dark"): 1}
    assert [(said, emotion.label) for said, emotion in last.otherwise] == [("bright", "dark")]
    assert last.otherwise[0][1].face == last.result.emotions[0].face


def test_what_is_read_alike_is_counted_and_told_once_a_second_at_most(run: Any, brightness: Write) -> None:
    it = run(brightness("same"))
    for _ in range(5):
        it.show(DARK)
    assert it.shadow.last.pairs == {("dark", "dark"): 5}
    assert 1 <= len(it.told) <= 5 and all(not one.otherwise for one in it.told)


def test_the_backbone_runs_once_where_both_have_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    it = run(Bundle.load("default"), Bundle.load("default"), mirror=True)
    picture = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    it.show(picture)
    calls = {"main": 0, "shadow": 0}
    for who, model in (("main", it.main.model), ("shadow", _other(it))):
        real = model.backbone.maps

        def counted(crops: Any, who: str = who, real: Any = real) -> Any:
            calls[who] += len(crops)
            return real(crops)

        monkeypatch.setattr(model.backbone, "maps", counted)
    for number in range(3):
        it.show(picture + np.uint8(number))
    # The mirror image is the shadow's alone here; in a node both read it or none does.
    assert it.shadow.last.shared and calls == {"main": 3, "shadow": 3}
    it.main.swap(Bundle.load("small"))
    it.show(picture)
    assert not it.shadow.last.shared and calls == {"main": 3, "shadow": 5}
    it.main.swap(Bundle.load("default"))
    it.show(picture)
    assert it.shadow.last.shared and it.shadow.last.pairs.total() == 1, "another model in use is compared anew"


def test_answers_are_those_that_it_gives_alone(run: Any) -> None:
    it = run(Bundle.load("default"), Bundle.load("default"))
    alone = Recogniser(Bundle.load("default"), registry.load("detectors", "whole_frame")())
    other: list[Any] = []
    for seed in range(3):
        picture = np.random.default_rng(seed).integers(0, 255, (96, 96, 3), np.uint8)
        it.show(picture)
        other.append(alone.process(Frame(picture, it.stamp)).emotions[0].label)
    assert sorted(label for (label, _), n in it.shadow.last.pairs.items() for _ in range(n)) == sorted(other)
    assert all(label == shadow for label, shadow in it.shadow.last.pairs)


def _other(it: Run) -> Any:
    """The shadow's own model."""
    assert it.shadow._other is not None
    return it.shadow._other.model


def test_backbones_are_told_apart_by_content_and_input(brightness: Write) -> None:
    from fer_ros.core.recognition.recogniser import Model

    one, twin = Model.open(brightness("one")), Model.open(brightness("twin", contents=WRONG))
    assert same_backbone(one, twin)
    assert not same_backbone(one, Model.open(brightness("third", contents={"backbone.bin": b"other"})))


@pytest.mark.parametrize("head", ["failing", "silent", "negative", "too_many", "nothing_of_that_name"])
def test_a_shadow_that_cannot_be_run_ends_alone(run: Any, brightness: Write, head: str) -> None:
    it = run(brightness("bad", head=head))
    it.show(DARK)
    assert it.shadow.last.error and "\n" not in it.shadow.last.error and it.told[-1].error
    assert it.main.process(Frame(DARK, 10**12)).emotions[0].label == "dark"


def test_a_shadow_that_fails_in_the_middle_ends_alone(
    run: Any, brightness: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = run(brightness("other", contents=WRONG))
    it.show(DARK)
    monkeypatch.setattr(type(_other(it).head), "read", lambda self, maps: 1 / 0)
    result = it.told[-1].result
    it.shadow.put(result)
    it.shadow._thread.join(60)
    assert it.shadow.last.error == "ZeroDivisionError: division by zero"
    assert it.shadow.last.pairs == {("dark", "bright"): 1}, "what was counted stays"
    it.shadow.put(result)  # harmless
    assert not it.main.model.seen.keep


def test_frames_without_a_face_are_not_handed_over(run: Any, brightness: Write) -> None:
    it = run(brightness("same"))
    it.main.detector.detect = lambda image: []
    result = it.main.process(Frame(DARK, 1))
    it.shadow.put(result)
    it.shadow.stop(60)
    assert it.shadow.last.result is None


def test_the_settings_of_smoothing_are_shared_and_the_memory_is_not() -> None:
    elder = Smoother()
    twin = elder.twin()
    from fer_ros.core.recognition.smoothing import SmoothingSettings

    elder.configure(SmoothingSettings(uncertain=0.9))
    assert twin._shared[0][0].uncertain == 0.9 and twin._tracks is not elder._tracks
