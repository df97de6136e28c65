"""A training from bags to bundle: what it says, what it leaves, and what it refuses."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base import paths, registry, settings
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.training import faces, run
from fer_ros.core.training.cache import Cache
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.reading import Reading
from fer_ros.core.training.request import Request
from test.core.training.conftest import COLOURS, MakeBag

#: A training takes seconds where the machine is busy.
pytestmark = pytest.mark.slow

THREE = {"happy": 60, "sad": 60, "neutral": 60}
#: Quick on three features.
QUICK: dict[str, Any] = {"head": "dense", "base": "general", "hidden_units": 16, "learning_rate": 0.02, "epochs": 30}


HEADS = registry.names("heads")


def request(bags: tuple[Path, ...], name: str = "", **given: Any) -> Request:
    """Options and settings of the head, as far as the head has those of :data:`QUICK`."""
    given = {**QUICK, **given}
    of_all = {key: given.pop(key) for key in list(given) if key in settings.fields(Options)}
    options = Options(**of_all)
    known = settings.fields(registry.load("heads", options.head).Settings) if options.head in HEADS else {}
    return Request(bags, options, name, {key: v for key, v in given.items() if key in known or key not in QUICK})


def train(*bags: Path, name: str = "", report: Any = None, **options: Any) -> Outcome:
    return run.train(request(bags, name, **options), report)


def answers(name: str, labels: list[str]) -> list[str]:
    """What a model calls crops of the colours of these labels."""
    model = Model.open(Bundle.load(name))
    crops = np.stack([np.full((8, 8, 3), COLOURS[label][::-1], np.uint8) for label in labels])
    return [model.bundle.labels[i] for i in model.classify(crops).argmax(axis=1)]


@pytest.mark.parametrize("head", ["dense", "linear", "prototype"])
def test_a_head_learns_and_the_bundle_answers(general: Bundle, make_bag: MakeBag, head: str) -> None:
    labels = ["happy", "sad", "neutral", "angry"]
    outcome = train(make_bag("a", dict.fromkeys(labels, 40)), name="anna", head=head)
    assert outcome.metrics.accuracy == 1.0 and outcome.metrics.macro_f1 == 1.0
    assert outcome.metrics.count == outcome.total("test") > 0
    # The general model has no label angry, so there is nothing to compare.
    assert outcome.baseline is None
    assert answers("anna", labels) == labels
    bundle = Bundle.load("anna")
    assert bundle.head.plugin == head and bundle.labels == ("angry", "happy", "sad", "neutral")
    assert bundle.quality["accuracy"] == 1.0 and bundle.data["bags"] == ["a"] and bundle.data["subjects"] == ["anna"]
    assert bundle.data["counts"]["angry"] == outcome.counts["angry"]
    names = {file.name for file in bundle.path.iterdir()}
    assert {"model.yaml", "backbone.bin", "head.npz", "training.json", "README.md"} <= names
    assert ("training.png" in names) == (head != "prototype") == bool(outcome.history)
    report = json.loads((bundle.path / "training.json").read_text())
    assert report["history"] == outcome.history and list(report["phases"]) == list(outcome.phases)[:-1]
    assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome


def test_the_general_model_is_measured_on_the_very_same_faces(general: Bundle, make_bag: MakeBag) -> None:
    outcome = train(make_bag("a", THREE))
    assert outcome.baseline is not None and outcome.baseline.labels == general.labels
    assert outcome.baseline.count == outcome.metrics.count
    assert outcome.baseline.accuracy == 1.0 and f"general model '{general.name}': 100 %" in outcome.summary
    # A model of two of its labels: what it calls by the third counts as wrong.
    pair = train(make_bag("b", {"happy": 40, "sad": 40}))
    assert pair.baseline is not None and pair.metrics.labels == ("happy", "sad")
    assert sum(map(sum, pair.baseline.confusion)) == pair.metrics.count


def test_the_same_seed_gives_the_same_head_and_another_one_another(general: Bundle, make_bag: MakeBag) -> None:
    bag = make_bag("a", THREE)
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        train(bag, name=name, seed=seed, copies=1)
    one, two, three = (Bundle.load(name).checksums["head.npz"] for name in ("one", "two", "three"))
    assert one == two != three


def test_progress_runs_through_the_phases_and_never_back(general: Bundle, make_bag: MakeBag) -> None:
    seen: list[Progress] = []
    outcome = train(make_bag("a", THREE), report=seen.append, epochs=7)
    phases = list(dict.fromkeys(progress.phase for progress in seen))
    assert phases == ["loading", "embedding", "training", "evaluating", "saving"] == list(outcome.phases)
    shares = [progress.share for progress in seen]
    assert all(b >= a - 1e-9 for a, b in pairwise(shares)) and 0.0 <= shares[0] <= shares[-1] <= 1.0
    epochs = [(p.epoch, p.epochs) for p in seen if p.row]
    assert epochs == [(n, 7) for n in range(1, 8)]
    assert all(p.model == outcome.model for p in seen)


def test_names_are_made_where_none_is_given(general: Bundle, make_bag: MakeBag) -> None:
    bag = make_bag("a", THREE)
    names = {train(bag, epochs=1).model for _ in range(3)}
    assert len(names) == 3 and all(name.startswith("personal-") for name in names)


def test_a_robot_without_matplotlib_trains_without_plots(
    general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    path = Path(train(make_bag("a", THREE), epochs=1).path)
    assert {file.name for file in path.iterdir()} >= {"model.yaml", "README.md"} and not list(path.glob("*.png"))


def test_class_weights_make_labels_count_alike(general: Bundle, make_bag: MakeBag) -> None:
    seen: dict[str, np.ndarray] = {}
    bag = make_bag("a", {"happy": 80, "sad": 20})

    class Watch(run._Training):
        def _task(self, *arguments: Any) -> Any:
            task = super()._task(*arguments)
            weights, targets = task.training.weights, task.training.targets
            seen["sums"] = np.array([weights[targets == c].sum() for c in range(2)])
            seen["mean"] = weights.mean()
            return task

    asked = request((bag,), "weighted", class_weights=True)
    with ThreadPoolExecutor(1) as aside, Reading(asked, general, Cache()) as reading:
        Watch(asked, lambda progress: None, aside, general, reading).run()
    assert seen["sums"][0] == pytest.approx(seen["sums"][1]) and seen["mean"] == pytest.approx(1.0)


@pytest.mark.parametrize("head", ["dense", "linear"])
def test_from_general_begins_with_the_answers_of_the_general_model(
    general: Bundle, make_bag: MakeBag, head: str
) -> None:
    # A step size at which nothing is learned.
    bag = make_bag("a", {**THREE, "angry": 30})
    train(bag, name="begun", head=head, from_general=True, learning_rate=1e-12, epochs=1)
    crops = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 3)).astype(np.uint8)
    begun, known = Model.open(Bundle.load("begun")), Model.open(general)
    order = [begun.bundle.labels.index(label) for label in general.labels]
    found = begun.classify(crops)[:, order]
    np.testing.assert_allclose(found / found.sum(axis=1, keepdims=True), known.classify(crops), atol=1e-4)


def test_five_faces_a_label_are_enough_for_prototypes(general: Bundle, make_bag: MakeBag) -> None:
    outcome = train(make_bag("a", dict.fromkeys(COLOURS, 5)), name="few", head="prototype")
    assert answers("few", list(COLOURS)) == list(COLOURS)
    assert outcome.metrics.labels[-1] == "none of these"


def test_faces_are_framed_as_the_detector_of_their_bag_asks(general: Bundle, make_bag: MakeBag) -> None:
    """The detector ``left`` of the test frames twice as large as its boxes; pictures that are faces need no frame."""
    plain, left, none = (
        faces.gather([make_bag(name, {"happy": 2, "sad": 2}, facts=facts)], InputSpec(), "whole_frame").crops
        for name, facts in (("a", {}), ("b", {"detector": "left"}), ("c", {"pictures": "faces"}))
    )
    assert plain.shape == left.shape == none.shape == (4, 48, 48, 1)
    assert (plain != left).any() and (plain != none).any() and (left != none).any()
    # Of a detector that is not installed here, the boxes are taken as they are.
    other = make_bag("d", {"happy": 2, "sad": 2}, facts={"detector": "strange"})
    np.testing.assert_array_equal(faces.gather([other], InputSpec(), "whole_frame").crops, plain)


def test_grey_crops_are_those_of_the_coloured_pictures(general: Bundle, make_bag: MakeBag) -> None:
    # A network that sees grey gets pictures that were never decoded to colours.
    bag = make_bag("a", dict.fromkeys(COLOURS, 3))
    spec = InputSpec(24, 24, 1)
    grey, coloured = (faces.gather([bag], s, "whole_frame") for s in (spec, InputSpec(24, 24, 3)))
    expected = np.stack([cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None] for crop in coloured.crops])
    np.testing.assert_allclose(grey.crops, expected, atol=3)
    assert np.abs(grey.crops.astype(float) - expected).mean() < 1


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ({"happy": 20}, {}, "all faces are labelled 'happy': record at least one other label"),
        ({"happy": 20, "sad": 1}, {}, "label 'sad' has one face only, at least 2 are needed"),
        (THREE, {"head": "convolution"}, "unknown head 'convolution'"),
        (THREE, {"base": "nobody"}, "unknown model 'nobody'"),
        (THREE, {"split": "takes"}, "at least 2 takes of each label"),
        (THREE, {"split": "cross"}, "split 'cross' is of the heads auto and ridge"),
        (THREE, {"head": "fine_tune"}, "head 'fine_tune' is gone since 0.2: choose head auto"),
        (THREE, {"head": "dense", "from_general": True, "hidden_units": 3}, "at least 6 hidden units"),
        ({"angry": 20, "none of these": 20}, {"from_general": True}, "knows none of the labels"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused_in_one_line(
    general: Bundle, make_bag: MakeBag, counts: dict[str, int], options: dict[str, Any], message: str
) -> None:
    before = sorted(general.path.parent.iterdir())
    with pytest.raises(FerError) as error:
        train(make_bag("a", counts), **options)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert sorted(general.path.parent.iterdir()) == before


def test_bags_that_are_none_are_refused_by_name(general: Bundle, make_bag: MakeBag, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no bag to train on: record one first"):
        train()
    with pytest.raises(ConfigError, match="no such bag"):
        train(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="is no bag"):
        train(tmp_path / "empty")
    with pytest.raises(ConfigError, match="hold no face \\(20 frames show no face\\)"):
        train(make_bag("faceless", {"happy": 20}, roi=None))


@pytest.mark.parametrize("name", ["general", "default", "selected", "../up", ".hidden", "a b"])
def test_names_that_are_taken_or_not_allowed_are_refused_before_any_work(
    general: Bundle, make_bag: MakeBag, name: str
) -> None:
    seen: list[Progress] = []
    with pytest.raises(ConfigError, match="name"):
        train(make_bag("a", THREE), name=name, report=seen.append)
    assert not seen


def test_a_full_disk_leaves_nothing(general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch) -> None:
    bag = make_bag("a", THREE)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(100, 99, 1))
        with pytest.raises(FerError, match="the disk is full: 4 MB are needed"):
            train(bag, name="a")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("fer_ros.core.base.files.os.fsync", full)
        with pytest.raises(FerError, match=r"the model could not be written to .*free some space"):
            train(bag, name="a")
    assert [folder.name for folder in general.path.parent.iterdir()] == ["general"]


def test_one_training_at_a_time(general: Bundle, make_bag: MakeBag) -> None:
    with model_store.exclusive(), pytest.raises(ConfigError, match="another training runs already"):
        train(make_bag("a", THREE))


def test_what_a_killed_training_left_is_tidied_up(general: Bundle, make_bag: MakeBag) -> None:
    models = general.path.parent
    left = models / ".anna.x7k2"
    left.mkdir()
    (left / "head.npz").write_bytes(b"half")
    # Killed while a model was being replaced: the old one was out of the way, the new one not yet in its place.
    general.path.rename(models / ".general.k3j1.old")
    train(make_bag("a", THREE), name="new")
    assert sorted(folder.name for folder in models.iterdir()) == ["general", "new"]
    assert paths.model_names() == ["default", "general", "new", "small"]


def test_after_the_measurement_the_head_learns_the_held_out_faces_too(general: Bundle, make_bag: MakeBag) -> None:
    bag = make_bag("a", THREE)
    measured, shipped = train(bag, name="measured", refit=False), train(bag, name="shipped")
    # The figures are those of the head that did not see the faces.
    assert measured.metrics == shipped.metrics and measured.history == shipped.history
    before, after = Bundle.load("measured"), Bundle.load("shipped")
    assert before.checksums["head.npz"] != after.checksums["head.npz"]
    assert "refitted_on" not in before.data and after.data["refitted_on"] == sum(THREE.values())
    assert (
        "learned all" in (after.path / "README.md").read_text()
        and "learned all" not in (before.path / "README.md").read_text()
    )
