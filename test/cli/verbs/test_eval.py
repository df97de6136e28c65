"""``fer eval`` on folders and on FER2013, with the model that ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.cli.main import main
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import crop
from fer_ros.plugins.sources.sample import SampleSettings, SampleSource

Capture = pytest.CaptureFixture[str]
#: Research data that are not part of the project; tests on them run where they are.
FACES = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "fer2013_train_public.npz"
FOLDERS = {"Happy": 3, "anger": 2, "neutral": 4, "contempt": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of blurred noise below labels of which one is in other letters, one an alias, one unknown."""
    rng = np.random.default_rng(3)
    for label, count in FOLDERS.items():
        place = tmp_path / "data" / label
        place.mkdir(parents=True)
        for number in range(count):
            image = cv2.GaussianBlur(rng.integers(0, 256, (60 + number, 52, 3), dtype=np.uint8), (9, 9), 0)
            cv2.imwrite(str(place / f"{number}.png"), image)
    return tmp_path / "data"


def expected_confusion(folder: Path) -> list[list[int]]:
    model = Model.open(Bundle.load("default"))
    counts = np.zeros((7, 7), int)
    for name, label in (("Happy", "happy"), ("anger", "angry"), ("neutral", "neutral")):
        for file in sorted((folder / name).glob("*.png")):
            face = crop.resize(cv2.imread(str(file)), model.bundle.input)
            answer = int(model.classify(face[np.newaxis]).argmax())
            counts[DEFAULT_LABELS.index(label), answer] += 1
    return counts.tolist()


def test_json_has_what_machines_need(folder: Path, capsys: Capture) -> None:
    assert main(["eval", str(folder), "--crops", "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.out.count("\n") == 1
    assert found["labels"] == list(DEFAULT_LABELS) and found["model"] == "default" and found["count"] == 9
    assert found["confusion"] == expected_confusion(folder)
    confusion = np.array(found["confusion"])
    assert found["accuracy"] == pytest.approx(np.trace(confusion) / 9)
    rows = [DEFAULT_LABELS.index(label) for label in ("happy", "angry", "neutral")]
    recalls = [confusion[row, row] / confusion[row].sum() for row in rows]
    assert found["macro_recall"] == pytest.approx(np.mean(recalls))
    assert 0 <= found["macro_precision"] <= 1 and 0 <= found["macro_f1"] <= 1
    assert found["skipped"] == {"of unknown label 'contempt'": 2} and found["no_face"] == 0
    assert 0 <= found["expected_calibration_error"] <= 1 and str(folder) in found["dataset"]


def test_the_table_for_people(folder: Path, capsys: Capture) -> None:
    (folder / "happy\x1b[2J").mkdir()
    (folder / "happy\x1b[2J" / "1.png").write_bytes((folder / "Happy" / "0.png").read_bytes())
    assert main(["eval", str(folder), "--crops"]) == 0
    captured = capsys.readouterr()
    assert f"model default on {folder}: 9 faces" in captured.out
    assert "left out: 2 of unknown label 'contempt'" in captured.out
    lines = captured.out.splitlines()
    assert [line.split()[0] for line in lines[-7:]] == list(DEFAULT_LABELS)
    assert [line.split()[4] for line in lines[-7:]] == ["2", "0", "0", "3", "0", "0", "4"]
    assert "\x1b" not in captured.out + captured.err


@pytest.mark.slow
def test_the_report_and_the_curves(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    place = tmp_path / "report"
    words = ["eval", str(folder), "--crops", "--report", str(place), "--robustness"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    written = json.loads((place / "report.json").read_text())
    assert {name: written[name] for name in found} == found
    assert written["command"].startswith("fer eval ") and "--robustness" in written["command"]
    low, high = found["intervals"]["accuracy"]
    assert low <= found["accuracy"] == found["robustness"]["plain"] <= high and found["bootstrap"]["resamples"] == 2000
    assert len(found["robustness"]["curves"]) == 9 and "clean" not in found
    assert sum(row["count"] for row in found["calibration"]) == 9
    wrong = 9 - round(9 * found["accuracy"])
    assert len(found["worst_mistakes"]) == wrong
    assert any(note.startswith("the crops are of 4 sizes") for note in found["notes"])
    assert {"report.md", "report.json", "confusion.png", "robustness.png"} <= {file.name for file in place.iterdir()}
    (place / "mine.txt").touch()
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "holds files that belong to no report (mine.txt)" in captured.err and captured.out == ""


def test_fer2013_with_and_without_near_duplicates(tmp_path: Path, capsys: Capture) -> None:
    rng = np.random.default_rng(4)
    faces = rng.integers(0, 256, (6, 48, 48), dtype=np.uint8)
    faces[5] = faces[0]
    usages = ["Training"] * 3 + ["PublicTest"] * 3
    rows = [
        f"{n},{' '.join(map(str, face.ravel()))},{usage}"
        for n, (face, usage) in enumerate(zip(faces, usages, strict=True))
    ]
    csv = tmp_path / "fer2013.csv"
    csv.write_text("\n".join(["emotion,pixels,Usage", *rows[:4], "3,1 2 3,PublicTest", '4,"7,PublicTest', *rows[4:]]))
    assert main(["eval", str(csv), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == 3 and found["clean"]["count"] == 2 and found["near_duplicates"]["count"] == 1
    assert found["skipped"] == {"of another size": 1, "of damaged pixels": 1}
    assert main(["eval", str(csv)]) == 0
    out = capsys.readouterr().out
    assert "without those that have a near-duplicate in another split (1): 2 faces" in out
    assert "left out: 1 of another size" in out
    assert main(["eval", str(csv), "--strict"]) == 2
    captured = capsys.readouterr()
    assert "line 6: of another size (3 grey levels, 2304 expected)" in captured.err and captured.err.count("\n") == 1


def test_strict_refuses_what_is_otherwise_left_out(folder: Path, capsys: Capture) -> None:
    assert main(["eval", str(folder), "--crops", "--strict"]) == 2
    captured = capsys.readouterr()
    assert "0.png: of unknown label 'contempt' (labels of the model: angry, disgust" in captured.err
    assert captured.out == "" and captured.err.count("\n") == 1


def test_the_choice_among_the_labels_of_the_data(folder: Path, capsys: Capture) -> None:
    for among in ("data", "happy, angry,NEUTRAL"):
        assert main(["eval", str(folder), "--crops", "--json", "--among", among]) == 0
        confusion = np.array(json.loads(capsys.readouterr().out)["confusion"])
        assert set(np.flatnonzero(confusion.sum(axis=0))) <= {0, 3, 6} and confusion.sum() == 9


def test_with_the_detector_pictures_without_a_face_are_counted(folder: Path, capsys: Capture) -> None:
    assert main(["eval", str(folder), "--detector", "whole_frame", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 9
    assert main(["eval", str(folder)]) == 2
    assert "nothing to measure (9 without a face, 2 of unknown label 'contempt')" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent"], "absent: no such dataset; give "),
        (["empty"], "empty: no pictures found; expected folders named by label"),
        (["notes.txt"], "notes.txt is no dataset (empty): give a bag, a folder"),
        (["data", "--split", "PublicTest"], "data: this folder has no splits; leave --split away"),
        (["data", "--model", "defualt"], "unknown model 'defualt' (did you mean 'default'?)"),
        (["data", "--model", "./nowhere"], "nowhere: no model here, model.yaml is missing"),
        (["data", "--detector", "harr"], "unknown detector 'harr' (did you mean 'haar'?)"),
        (["data", "--crops", "--among", "joyless"], "unknown label 'joyless'"),
        (["data", "--crops", "--among", ""], "unknown label ''"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(folder.parent)
    Path("empty").mkdir()
    Path("notes.txt").touch()
    assert main(["eval", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("fer eval: ") and message in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""


def test_a_model_by_its_folder(folder: Path, capsys: Capture) -> None:
    path = Bundle.load("default").path
    assert main(["eval", str(folder), "--crops", "--json", "--model", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "default"


def test_the_command_itself_prints_nothing_but_json(fer: Callable[..., Any], folder: Path) -> None:
    done = fer("eval", folder, "--crops", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["count"] == 9 and "Traceback" not in done.err


@pytest.mark.slow
@pytest.mark.skipif(not FACES.is_file(), reason=f"{FACES} is not there: FER2013 is not part of the project")
def test_the_shipped_model_is_as_good_as_it_says(tmp_path: Path, capsys: Capture) -> None:
    """On a few hundred faces of PublicTest: within three standard errors of what ``model.yaml`` states."""
    faces = fer2013.load(FACES).part(fer2013.PUBLIC_TEST)
    chosen = faces.take(np.sort(np.random.default_rng(0).choice(len(faces), 600, replace=False)))
    file = tmp_path / "some.npz"
    np.savez(file, image=chosen.images, label=chosen.targets, usage=chosen.usage)
    assert main(["eval", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    stated = Bundle.load("default").quality["accuracy"]
    error = 3 * np.sqrt(stated * (1 - stated) / 600)
    assert found["count"] == 600
    assert found["accuracy"] == pytest.approx(stated, abs=error)


@pytest.fixture(scope="module")
def sample() -> SampleSource:
    source = SampleSource(SampleSettings(fps=30.0))
    source.open()
    return source


def test_detectors_are_compared_and_what_is_not_found_is_not_right(
    tmp_path: Path, sample: SampleSource, capsys: Capture
) -> None:
    for label, picture in (("happy", sample.picture(0)), ("sad", np.full((480, 640, 3), 120, np.uint8))):
        (tmp_path / label).mkdir()
        cv2.imwrite(str(tmp_path / label / "1.png"), picture)
    assert main(["eval", str(tmp_path), "--detector", "haar,whole_frame", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    haar, whole = found["detectors"]["haar"], found["detectors"]["whole_frame"]
    assert found["count"] == 1 and found["no_face"] == 1, "the first one counts"
    assert haar["pictures"] == whole["pictures"] == 2
    assert (haar["found"]["share"], whole["found"]["share"]) == (0.5, 1.0)
    assert (haar["right_of_found"]["share"], haar["right_of_all"]["share"]) == (1.0, 0.5)
    low, high = haar["found"]["interval"]
    assert 0.0 < low < 0.5 < high < 1.0
    assert main(["eval", str(tmp_path), "--detector", "haar,whole_frame"]) == 0
    assert "right of those found" in capsys.readouterr().out


def test_in_pictures_without_people_answers_are_counted(tmp_path: Path, capsys: Capture) -> None:
    rng = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rng.integers(0, 256, (60, 60, 3), dtype=np.uint8))
    (tmp_path / "4.png").write_bytes(b"\x89PNG\r\n\x1a\ndamaged")
    assert main(["eval", str(tmp_path), "--detector", "haar,whole_frame", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["detectors"]
    assert (found["haar"]["pictures"], found["haar"]["answered"]["share"], found["haar"]["names"]) == (3, 0.0, [])
    assert found["whole_frame"]["answered"]["share"] == 1.0
    assert [entry["name"] for entry in found["whole_frame"]["names"]] == ["0.png", "1.png", "2.png"]
    assert main(["eval", str(tmp_path), "--split", "test"]) == 2
    assert "has no labels: leave --split away" in capsys.readouterr().err


def test_in_a_film_lost_frames_ids_and_trembling_are_counted(
    tmp_path: Path, sample: SampleSource, capsys: Capture
) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (640, 480))
    for number in range(30):
        # Ten frames without anybody: longer than a face that is not seen is shown.
        writer.write(np.full((480, 640, 3), 120, np.uint8) if 10 <= number < 20 else sample.picture(number))
    writer.release()
    assert main(["eval", str(film), "--detector", "haar", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["detectors"]["haar"]
    assert found["frames"] == 30 and found["seconds"] == pytest.approx(1.0, abs=0.05)
    assert 5 <= found["lost"] <= 10 and found["seen"] + found["lost"] == 30
    assert (found["ids"], found["id_changes"]) == (1, 0), "who comes back within a second keeps the id"
    assert found["label_changes_a_minute"] == 0.0 and 0.0 <= found["tremble"] < 0.02
