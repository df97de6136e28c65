"""`fer import` of folders and FER2013, and `fer bags` of what came of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.bags.reader import open_bag
from fer_ros.core.base import registry
from fer_ros.core.datasets import datasets
from fer_ros.core.vision import choosing

Fer = Callable[..., Any]


def _put(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two labels with a face each, one with a wall, one file that is no picture."""
    source = registry.load("sources", "sample")()
    source.open()
    face = source.read(5.0).image
    _put(tmp_path / "photographs" / "happy" / "1.png", face)
    _put(tmp_path / "photographs" / "none of these" / "1.jpg", face)
    _put(tmp_path / "photographs" / "sad" / "1.png", np.full((200, 200, 3), 120, np.uint8))
    (tmp_path / "photographs" / "happy" / "2.png").write_bytes(b"no picture")
    return tmp_path / "photographs"


@pytest.fixture
def fer2013(tmp_path: Path) -> Path:
    """Six faces with FER+ votes; on the last nobody agrees."""
    rng = np.random.default_rng(1)
    rows = ["emotion,pixels,Usage"]
    votes = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"]
    for number, emotion in enumerate((0, 3, 3, 6, 4, 4)):
        usage = "Training" if number < 4 else "PublicTest"
        rows.append(f"{emotion},{' '.join(str(v) for v in rng.integers(0, 256, 48 * 48))},{usage}")
        happy = "0,10,0,0,0,0,0,0,0,0" if number < 5 else "2,2,2,2,2,0,0,0,0,0"
        votes.append(f"{usage},x.png,{happy}")
    (tmp_path / "fer2013.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "fer2013new.csv").write_text("\n".join(votes) + "\n")
    return tmp_path / "fer2013.csv"


@pytest.mark.slow
def test_photographs(fer: Fer, fer_home: Path, photographs: Path) -> None:
    done = fer("import", photographs, "--consent", "public")
    assert done.code == 0, done.err
    assert "2 pictures (happy 1, none of these 1)" in done.out
    assert "left out: 1 no picture (text): " in done.out and "left out: 1 without a face: " in done.out
    samples = list(bags.read(fer_home / "bags" / "photographs"))
    assert [(s.label, s.take) for s in samples] == [("happy", 0), ("none of these", 0)]
    assert all(s.roi is not None and s.roi.area < 640 * 480 / 2 for s in samples)
    assert not datasets.load(fer_home / "bags" / "photographs").crops
    again = fer("import", photographs)
    assert again.code == 2
    assert "there is a bag 'photographs' already" in again.err
    everything = fer("import", photographs, "--bag", "all", "--without-face", "--json")
    assert json.loads(everything.out)["labels"] == {"happy": 1, "none of these": 1, "sad": 1}


@pytest.mark.slow
def test_fer2013_with_its_own_labels(fer: Fer, fer_home: Path, fer2013: Path) -> None:
    done = fer("import", fer2013, "--split", "Training", "--bag", "faces")
    assert done.code == 0, done.err
    bag = fer_home / "bags" / "faces"
    assert bags.info(bag).labels == {"angry": 1, "happy": 2, "neutral": 1}
    dataset = datasets.load(bag)
    assert dataset.crops
    original = datasets.load(fer2013, split="Training")
    ours = {item.image.tobytes() for item in dataset if item.image is not None}
    assert ours == {
        cv2.cvtColor(item.image, cv2.COLOR_GRAY2BGR).tobytes() for item in original if item.image is not None
    }


def test_fer2013_with_votes(fer: Fer, fer_home: Path, fer2013: Path) -> None:
    done = fer("import", fer2013, "--votes", "0.5", "--json")
    facts = json.loads(done.out)
    assert facts["labels"] == {"happy": 5}
    assert facts["left_out"]["without agreement"] == 1


@pytest.mark.parametrize(
    "words, expected",
    [
        (["nowhere.csv"], "no such dataset"),
        (["{folder}"], "no pictures found"),
        (["{folder}", "--split", "Training"], "this folder has no splits"),
        (["{csv}", "--votes", "2"], "--votes is a share"),
        (["{csv}", "--split", "Test"], "no faces of usage"),
        (["{csv}", "--bag", "../up"], "not allowed"),
    ],
)
def test_what_is_wrong_is_one_line(
    fer: Fer, fer_home: Path, fer2013: Path, tmp_path: Path, words: list[str], expected: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = fer("import", *(w.format(folder=tmp_path / "folder", csv=fer2013) for w in words))
    assert done.code == 2
    assert expected in done.err
    assert done.err.count("\n") == 1
    assert bags.listing() == []


@pytest.mark.slow
def test_bags_are_listed_and_repaired(fer: Fer, fer_home: Path, photographs: Path) -> None:
    assert "no bag in" in fer("bags").err
    fer("import", photographs, "--crops", "--bag", "mine")
    listed = fer("bags")
    assert "mine" in listed.out and "happy 1, none of these 1, sad 1" in listed.out
    file = fer_home / "bags" / "mine" / "mine_2.mcap"
    file.write_bytes(file.read_bytes()[:-100])
    assert "not finished" in fer("bags").out
    looked = fer("bags", "mine")
    assert looked.code == 0
    assert "not finished: being recorded, or cut off" in looked.out
    repaired = fer("bags", "mine", "--repair", "--json")
    facts = json.loads(repaired.out)
    assert (facts["complete"], facts["samples"]) == (True, 3)
    (report,) = facts["repaired"]
    assert (report["file"], report["kept"], report["lost"], report["backup"]) == (
        file.name,
        2,
        0,
        f"{file.name}.backup",
    )
    assert "nothing to repair" in fer("bags", "mine", "--repair").out
    shown = fer("bags", "mine").out
    assert "kept from before a repair: " in shown and report["backup"] in shown
    assert fer("bags", "mine", "--repair", "--discard-backup").code == 2
    assert report["backup"] in fer("bags", "mine", "--discard-backup").out
    assert "has no backup" in fer("bags", "mine", "--discard-backup").out
    assert not (file.parent / report["backup"]).exists()
    file.write_bytes(b"\x89MCAP0\r\n" + bytes(range(1, 200)) + b"\x89MCAP0\r\n")
    damaged = fer("bags", "--json")
    assert "damaged" in json.loads(damaged.out)["bags"][0]["error"]
    assert fer("bags", "mine").code == 2
    assert "did you mean 'mine'" in fer("bags", "mime").err


def test_what_is_damaged_is_left_out_or_refused(
    fer_home: Path, fer2013: Path, photographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fer2013.write_text(fer2013.read_text() + "3,1 2 3,Training\n9,1,Training\n")
    fer2013.with_name("fer2013new.csv").unlink()
    assert main(["import", str(fer2013), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["samples"] == 6 and facts["left_out"]["of another size"] == 2
    assert main(["import", str(fer2013), "--bag", "strict", "--strict"]) == 2
    err = capsys.readouterr().err
    assert "line 8: of another size (3 grey levels, 2304 expected); without --strict it is left out" in err

    (photographs / " sad").mkdir()
    (photographs / " sad" / "1.png").write_bytes((photographs / "happy" / "1.png").read_bytes())
    assert main(["import", str(photographs), "--crops"]) == 0
    out = capsys.readouterr().out
    assert all(f"left out: 1 {why}: /" in out for why in ("no picture (text)", "of a label that cannot be taught"))
    assert main(["import", str(photographs), "--crops", "--bag", "strict", "--strict"]) == 2
    err = capsys.readouterr().err
    assert "2.png: no picture (text); without --strict it is left out" in err and err.count("\n") == 1
    (photographs / "happy" / "2.png").unlink()
    assert main(["import", str(photographs), "--crops", "--bag", "strict", "--strict"]) == 2
    assert "of a label that cannot be taught (' sad')" in capsys.readouterr().err
    shutil.rmtree(photographs / " sad")
    for label in ("happy/1.png", "none of these/1.jpg", "sad/1.png"):
        (photographs / label).write_bytes(b"")
    assert main(["import", str(photographs), "--crops", "--bag", "strict"]) == 2
    assert "no pictures found (3 empty)" in capsys.readouterr().err
    assert [path.name for path in bags.listing()] == ["fer2013", "photographs"]


def test_one_expression_of_many_names_becomes_one_label(
    fer_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(("Happy", "joy", "행복", "Anger", "wink")):
        (tmp_path / "faces" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "faces" / name / "1.png"), np.full((20, 20, 3), 40 * number, np.uint8))
    assert main(["import", str(tmp_path / "faces"), "--crops"]) == 0
    out = capsys.readouterr().out
    assert "angry 1" in out and "happy 3" in out and "wink 1" in out
    assert "renamed: Anger → angry, Happy → happy, joy → happy, 행복 → happy" in out
    assert main(["import", str(tmp_path / "faces"), "--crops", "--bag", "own", "--label-names", "as-is", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == {"Anger": 1, "Happy": 1, "joy": 1, "wink": 1, "행복": 1} and facts["renamed"] == {}


def test_the_bag_tells_whose_boxes_it_holds(fer: Fer, fer_home: Path, photographs: Path) -> None:
    """Else a training would cut the faces out by the frame of another detector than the robot's."""
    assert fer("import", photographs, "--bag", "found").code == 0
    assert open_bag(fer_home / "bags" / "found").facts()["detector"] == choosing.resolve("auto")
