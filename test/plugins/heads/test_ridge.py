"""The head `ridge` on the real general model, taught with drawn features, and how `auto` chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_ros.core.base.arrays import pack, packed, unpack
from fer_ros.core.base.contracts import Head, LabelledFaces, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Maps
from fer_ros.core.bundles.bundle import FINER_FILE, Bundle
from fer_ros.core.training.fitting import head_setup, ridge_data
from fer_ros.plugins.heads.auto import AutoHead, AutoSettings
from fer_ros.plugins.heads.ridge import RidgeHead, RidgeSettings

BASE = Bundle.load("default")
BACKBONE, GENERAL = BASE.open()
USUAL = unpack(BASE.path / FINER_FILE, {"mean": (4608,), "scale": (4608,)})
RNG = np.random.default_rng(0)
#: A person: what all of its faces share, and what each label adds.
PERSON, WORD = RNG.normal(0.0, 1.0, 4608), RNG.normal(0.0, 0.6, (7, 4608))


def maps(labels: np.ndarray, seed: int, person: float = 1.0) -> Maps:
    """Faces of the person; what the general model sees of them is chance."""
    rng = np.random.default_rng(seed)
    deviations = person * (PERSON + WORD[labels]) + rng.normal(0.0, 0.3 + (person == 0), (len(labels), 4608))
    finer = (USUAL["mean"] + USUAL["scale"] * deviations).astype(np.float32).reshape(-1, 6, 6, 128)
    return Maps(np.abs(rng.normal(0.0, 0.4, (len(labels), 3, 3, 256))).astype(np.float32), finer)


def task(names: tuple[str, ...], targets: np.ndarray, found: Maps, settings: object, folds: np.ndarray | None) -> Task:
    count = len(targets)
    faces = LabelledFaces(
        embeddings=found.embeddings,
        targets=targets,
        weights=np.ones(count, np.float32),
        finer=found.finer,
        folds=np.full(count, -1) if folds is None else folds,
        measured=np.full(count, folds is not None),
        pictures=count,
    )
    none = faces.chosen(np.arange(0))
    base = head_setup.general_model(BASE, GENERAL)
    return Task(names, faces, none, base, settings, 1, lambda epochs, row: None)


Load = Callable[[TrainedHead], Head]


@pytest.fixture
def load() -> Load:
    return lambda trained: head_setup.loaded(trained, trained.plugin, trained.labels, BACKBONE.output_shape)


def test_from_one_picture_a_label_it_reads_the_person_and_leaves_strangers_alone(load: Load) -> None:
    one = np.arange(7)
    trained = RidgeHead.train(task(BASE.labels, one, maps(one, 1), RidgeSettings(), None))
    head = load(trained)
    assert trained.held_out is None and trained.labels == BASE.labels
    truth = np.repeat(one, 10)
    found = head.read(maps(truth, 2))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    assert (found.argmax(axis=1) == truth).mean() == 1.0
    strangers = maps(truth, 3, person=0.0)
    np.testing.assert_allclose(head.read(strangers), GENERAL.read(strangers), atol=1e-5)


def test_labels_that_were_not_taught_stay_unless_they_are_not_wanted(load: Load) -> None:
    taught = ("happy", "wink")
    targets = np.array([3, 5])
    keeping = RidgeHead.train(task(taught, np.arange(2), maps(targets, 1), RidgeSettings(), None))
    assert keeping.labels == ("happy", "wink", "angry", "disgust", "fear", "sad", "surprise", "neutral")
    assert load(keeping).read(maps(targets, 2)).argmax(axis=1).tolist() == [0, 1]
    strangers = maps(np.zeros(5, np.int64), 3, person=0.0)
    there, here = GENERAL.read(strangers), load(keeping).read(strangers)
    np.testing.assert_allclose(here[:, 1], 0.0, atol=1e-6)
    np.testing.assert_allclose(here[:, 2], there[:, 0], atol=1e-5)
    alone = RidgeHead.train(task(taught, np.arange(2), maps(targets, 1), RidgeSettings(keep_general=False), None))
    assert alone.labels == taught and load(alone).read(strangers).shape == (5, 2)


def test_more_pictures_make_it_surer(load: Load) -> None:
    sure = []
    for several in (1, 3, 12):
        targets = np.tile(np.arange(7), several)
        trained = RidgeHead.train(task(BASE.labels, targets, maps(targets, 1), RidgeSettings(), None))
        sure.append(load(trained).read(maps(np.arange(7), 2)).max(axis=1).mean())
    assert sure == sorted(sure) and sure[-1] > sure[0]


def test_it_is_held_near_a_general_model_that_reads_the_person_and_the_less_the_more_is_taught() -> None:
    kernel = np.maximum(unpack(BASE.path / BASE.head.file, {"kernel": (256, 7)})["kernel"].T, 0.0)
    weights = []
    for right, several in ((7, 1), (4, 1), (7, 2), (7, 40)):
        targets = np.tile(np.arange(7), several)
        shown = np.where(targets < right, targets, (targets + 1) % 7)
        readable = np.broadcast_to(9.0 * kernel[shown][:, np.newaxis, np.newaxis], (len(targets), 3, 3, 256))
        assert (GENERAL.predict(readable).argmax(axis=1) == targets).mean() == right / 7
        found = replace(maps(targets, 1), embeddings=readable)
        trained = RidgeHead.train(task(BASE.labels, targets, found, RidgeSettings(), None))
        weights.append(trained.facts["prior"])
    assert weights == pytest.approx([0.7, 0.7 * 4 / 7, 0.35, 0.175], abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("many", "most"), [(9000, 1000), (2000, 2000)])
def test_thousands_of_faces_are_thinned_and_learned(
    load: Load, monkeypatch: pytest.MonkeyPatch, many: int, most: int
) -> None:
    monkeypatch.setattr(ridge_data, "MANY", many)
    targets = np.repeat(np.arange(7), 300)
    folds = np.tile(np.arange(300) // 100, 7)
    trained = RidgeHead.train(task(BASE.labels, targets, maps(targets, 1), RidgeSettings(), folds))
    assert trained.facts["rows"] <= most and trained.held_out is not None
    known = np.isfinite(trained.held_out).all(axis=1)
    assert 0.9 * most < known.sum() <= most and (trained.held_out[known].argmax(axis=1) == targets[known]).mean() > 0.99
    assert len(packed(trained.content)["known"]) == 128


def test_auto_takes_what_was_taught_where_it_is_better() -> None:
    targets = np.repeat(np.arange(7), 3)
    trained = AutoHead.train(task(BASE.labels, targets, maps(targets, 1), AutoSettings(), np.tile(np.arange(3), 7)))
    assert trained.plugin == "ridge" and trained.facts["chosen"] == "ridge"
    assert "better than the general model by more than chance" in trained.facts["why"]


def test_auto_keeps_the_general_model_where_teaching_found_nothing(load: Load) -> None:
    """Labels drawn by lot: there is nothing to learn, and what was learned by heart must not count."""
    targets = np.repeat(np.arange(7), 10)
    shuffled = maps(np.random.default_rng(5).permutation(targets), 1)
    trained = AutoHead.train(task(BASE.labels, targets, shuffled, AutoSettings(), np.tile(np.arange(10), 7)))
    assert trained.plugin == "linear" and trained.facts["chosen"] == "general" and trained.labels == BASE.labels
    some = maps(targets[:5], 2)
    np.testing.assert_allclose(load(trained).read(some), GENERAL.read(some), atol=1e-6)
    assert trained.held_out is not None and trained.held_out.shape == (70, 7)


def test_a_head_for_another_network_says_so(load: Load, tmp_path: Path) -> None:
    trained = RidgeHead.train(task(BASE.labels, np.arange(7), maps(np.arange(7), 1), RidgeSettings(), None))
    small = Bundle.load("small").open()[0]
    found = small.maps(np.zeros((1, 48, 48, 1), np.float32))
    with pytest.raises(ConfigError, match="was taught on 4608 values of a face, this network gives 2304"):
        load(trained).read(Maps(np.zeros((1, 3, 3, 256), np.float32), found.finer))
    arrays = packed(trained.content)
    arrays["scale"] = np.zeros_like(arrays["scale"])
    broken = replace(trained, content=pack(**arrays))
    with pytest.raises(ConfigError, match="do not fit each other"):
        load(broken)
