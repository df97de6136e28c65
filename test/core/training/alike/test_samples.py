"""The taught samples most like a face: by the embedding of the head, one of each moment, and only what is there."""

from __future__ import annotations

import os
import sys

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.training import run
from fer_ros.core.training.alike.samples import APART, Alike, Sample
from fer_ros.core.training.options import Options
from fer_ros.core.training.request import Request
from fer_ros.core.vision import crop
from test.core.training.conftest import BOX, COLOURS, MakeBag

COUNTS = {"happy": 40, "sad": 40}


def picture(label: str) -> ImageArray:
    return np.full((48, 64, 3), COLOURS[label], np.uint8)


@pytest.mark.parametrize("head", ["ridge", "linear"])
def test_the_samples_are_those_of_the_label_that_the_face_shows(
    general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    run.train(Request((make_bag("a", COUNTS, takes=2),), Options(head=head, base="general"), "kim"))
    embedded: list[int] = []
    real = crop.scale

    def scale(crops: ImageArray, spec: InputSpec) -> FloatArray:
        embedded.append(len(crops))
        return real(crops, spec)

    monkeypatch.setattr(crop, "scale", scale)
    alike = Alike("kim")
    assert not embedded  # all were in the cache of the training
    for label in COUNTS:
        found = alike.nearest(picture(label), BOX, None, Framing(), 3)
        assert [sample.label for sample in found] == [label] * 3 and {sample.bag for sample in found} == {"a"}
        for one in found:
            assert not any(one.beside(other) for other in found if other is not one)
    assert alike.fresh


def test_the_most_alike_comes_first(general: Bundle, make_bag: MakeBag) -> None:
    folder = make_bag("a", COUNTS)
    run.train(Request((folder,), Options(head="ridge", base="general"), "kim"))
    wanted = list(bags.stored(folder))[7]
    image = cv2.imdecode(np.frombuffer(wanted.picture, np.uint8), cv2.IMREAD_COLOR)
    first = Alike("kim").nearest(np.asarray(image, np.uint8), BOX, None, Framing(), 5)[0]
    assert first == Sample("a", wanted.take, wanted.stamp, wanted.label)


def test_two_of_one_moment_are_one() -> None:
    one = Sample("a", 1, 10**18, "happy")
    assert one.beside(Sample("a", 1, 10**18 + APART - 1, "happy"))
    assert not one.beside(Sample("a", 1, 10**18 + APART, "happy"))
    assert not one.beside(Sample("b", 1, 10**18, "happy")) and not one.beside(Sample("a", 2, 10**18, "happy"))
    # Pictures that are independent of each other have no moment.
    assert not Sample("a", 0, 1, "happy").beside(Sample("a", 0, 1, "happy"))


def test_who_is_forgotten_is_not_found(general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    folders = make_bag("a", COUNTS), make_bag("b", COUNTS, subject="ben")
    run.train(Request(folders, Options(head="ridge", base="general"), "kim"))
    before = Alike("kim")
    assert {one.bag for one in before.nearest(picture("sad"), BOX, None, Framing(), 80)} == {"a", "b"}
    forget("ben", teach_anew=True)
    assert not before.fresh
    assert {one.bag for one in Alike("kim").nearest(picture("sad"), BOX, None, Framing(), 80)} == {"a"}
    forget("anna")
    with pytest.raises(ConfigError):
        Alike("kim")


def test_a_model_that_was_not_taught_here_says_so(general: Bundle) -> None:
    with pytest.raises(ConfigError, match="not taught on recordings of this machine") as error:
        Alike("general")
    assert error.value.code == "not_taught"


def test_of_very_many_some_are_compared(general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_ros.core.training.alike.samples.MOST", 9)
    run.train(Request((make_bag("a", COUNTS),), Options(head="ridge", base="general"), "kim"))
    monkeypatch.setattr("fer_ros.core.training.alike.samples.APART", 0)
    found = Alike("kim").nearest(picture("sad"), BOX, None, Framing(), 100)
    assert len(found) == 9 and {one.label for one in found} == set(COUNTS)
