"""`people: auto`: who is taught by name is named and read by a head of their own; nobody else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.types import Face, Frame, ImageArray, Roi
from fer_ros.core.bundles import anonymous, bundle
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.forgetting.forget import forget
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.training import run
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome
from fer_ros.core.training.request import Request

RED, BLUE = (40, 40, 200), (200, 40, 40)
#: Each shows by the colour what the other shows by the other one.
SHOWN = {"Kim": {"happy": RED, "sad": BLUE}, "Lee": {"happy": BLUE, "sad": RED}, "": {}}
SCALE = "zero_to_one"
FACES = {"Kim": 1, "Lee": 2, "stranger": 3}


@pytest.fixture
def colours(general: Bundle) -> None:
    """The general model of colours with pictures large enough to see who it is."""
    stated = replace(general, name="larger", path=general.path.with_name("larger"), input=InputSpec(48, 48, 3, SCALE))
    files = (general.backbone.file, general.head.file)
    bundle.write(stated, {name: (general.path / name).read_bytes() for name in files})


class Whole(Detector):
    """The whole picture is one face."""

    framing = Framing()

    def detect(self, image: ImageArray) -> list[Face]:
        return [Face(Roi(0, 0, 64, 64), 1.0, 1)]


def picture(who: str, colour: tuple[int, int, int], seed: int) -> ImageArray:
    """A pattern of light and shade that is the person's, in a colour."""
    shade = cv2.resize(np.random.default_rng(FACES[who]).uniform(0.3, 1.2, (6, 6)), (64, 64))
    noise = np.random.default_rng(seed).normal(0, 6, (64, 64, 3))
    return np.clip(shade[..., np.newaxis] * np.array(colour) + noise, 0, 255).astype(np.uint8)


def recorded(home: Path, subjects: dict[str, str]) -> Path:
    """Of each person some takes a label.

    :param subjects: who → by which name.
    """
    folder, stamp = home / "bags" / "both", 10**18
    with bags.BagWriter(folder, {}) as writer:
        for who, name in subjects.items():
            for label, colour in 2 * list(SHOWN[who].items()):
                writer.begin_take(label, name)
                for _ in range(3):
                    coded = cv2.imencode(".png", picture(who, colour, stamp % 1000))[1].tobytes()
                    writer.write(stamp, coded, Roi(0, 0, 64, 64))
                    stamp += 33_333_333
                stamp += 10**10
    return folder


def train(*folders: Path, people: str = "auto", **options: str) -> Outcome:
    return run.train(Request(folders, Options(base="larger", people=people, **options), "ours"))  # type: ignore[arg-type]


def seen(recogniser: Recogniser, who: str, colour: tuple[int, int, int]) -> tuple[str, str]:
    """The name and the label."""
    recogniser.reset()
    emotion = recogniser.process(Frame(picture(who, colour, 77), 1)).emotions[0]
    return emotion.subject, emotion.label


@pytest.mark.slow
def test_each_is_named_and_read_by_their_own_head(colours: None, fer_home: Path) -> None:
    outcome = train(recorded(fer_home, {"Kim": "Kim", "Lee": "Lee"}))
    assert outcome.facts["people"] == 2 and outcome.metrics.accuracy == 1.0, outcome
    found = Bundle.load("ours")
    assert [person.subject for person in found.people] == ["Kim", "Lee"]
    assert not any("Kim" in file.name or "Lee" in file.name for file in found.path.iterdir())
    for mirror in (False, True):
        recogniser = Recogniser(Model.open(found, mirror=mirror), Whole())
        for who in ("Kim", "Lee"):
            for label, colour in SHOWN[who].items():
                assert seen(recogniser, who, colour) == (who, label)
        assert seen(recogniser, "stranger", RED)[0] == ""


@pytest.mark.slow
def test_off_by_default_and_without_a_trace(colours: None, fer_home: Path) -> None:
    folder = recorded(fer_home, {"Kim": "Kim", "Lee": "Lee"})
    assert Options().people == "none"
    train(folder, people="none")
    found = Bundle.load("ours")
    assert not found.people and "people" not in (found.path / "model.yaml").read_text().split("recipe")[0]
    assert not list(found.path.glob("person*"))
    assert seen(Recogniser(found, Whole()), "Kim", RED)[0] == ""


@pytest.mark.slow
def test_who_has_no_name_is_learned_but_not_known(colours: None, fer_home: Path) -> None:
    train(recorded(fer_home, {"Kim": "Kim", "Lee": ""}))
    recogniser = Recogniser(Bundle.load("ours"), Whole())
    assert (seen(recogniser, "Kim", BLUE), seen(recogniser, "Lee", BLUE)[0]) == (("Kim", "sad"), "")


@pytest.mark.slow
def test_a_model_that_leaves_the_robot_knows_nobody(colours: None, fer_home: Path, tmp_path: Path) -> None:
    train(recorded(fer_home, {"Kim": "Kim", "Lee": "Lee"}))
    out = tmp_path / "out"
    out.mkdir()
    for name, data in anonymous.files(Bundle.load("ours").path).items():
        (out / name).write_bytes(data)
    found = Bundle.load(out)
    assert not found.people and not list(out.glob("person*"))
    assert seen(Recogniser(found, Whole()), "Kim", RED)[0] == ""


@pytest.mark.slow
def test_forgotten_with_the_person(colours: None, fer_home: Path) -> None:
    train(recorded(fer_home, {"Kim": "Kim", "Lee": "Lee"}))
    told = forget("Kim", teach_anew=True)
    assert told.complete, told
    found = Bundle.load("ours")
    assert [person.subject for person in found.people] == ["Lee"]
    recogniser = Recogniser(found, Whole())
    assert (seen(recogniser, "Kim", RED)[0], seen(recogniser, "Lee", RED)[0]) == ("", "Lee")


def test_who_cannot_be_told_apart(colours: None, fer_home: Path) -> None:
    folder = recorded(fer_home, {"Kim": ""})
    with pytest.raises(ConfigError, match="needs the names of those who were recorded: fer record --subject NAME"):
        train(folder)
    with pytest.raises(ConfigError, match="people 'auto' is of the heads auto and ridge, not of 'dense'"):
        train(folder, head="dense")


@pytest.mark.slow
def test_a_damaged_person_is_refused(colours: None, fer_home: Path) -> None:
    train(recorded(fer_home, {"Kim": "Kim", "Lee": "Lee"}))
    mark = Bundle.load("ours").path / "model.yaml"
    text = mark.read_text()
    mark.write_text(text.replace("  - sad\n  - neutral\ndata", "  - sad\n  - bored\ndata"))
    with pytest.raises(ConfigError, match="are not all the model's"):
        Bundle.load("ours")
    mark.write_text(text.replace("faces: person_1_faces.npz", "faces: ../person_1_faces.npz"))
    with pytest.raises(ConfigError, match="must be a plain name"):
        Bundle.load("ours")
    mark.write_text(text.replace("faces: person_1_faces.npz", "faces: head.npz"))
    with pytest.raises(ConfigError, match="there is no array 'faces'"):
        Model.open(Bundle.load("ours"))
