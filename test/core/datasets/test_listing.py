"""Tables that list pictures: paths, labels, boxes; what cannot be used is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Roi
from fer_ros.core.datasets import datasets

Fer = Callable[..., Any]
HEAD = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures 1/0.png to 1/5.png of 64x48, the number as grey level."""
    (tmp_path / "data" / "1").mkdir(parents=True)
    for number in range(6):
        cv2.imwrite(str(tmp_path / "data" / "1" / f"{number}.png"), np.full((48, 64), number, np.uint8))
    return tmp_path / "data"


def write(folder: Path, *lines: str) -> Path:
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    return folder / "table.csv"


def read(path: Path, **how: Any) -> list[tuple[int, str, Roi | None]]:
    """Grey level, label and box of each picture."""
    return [
        (int(item.image[0, 0, 0]), item.label, item.roi)
        for item in datasets.load(path, **how)
        if item.image is not None
    ]


def test_affectnets_table(folder: Path) -> None:
    marks = "1;2;3;4"
    lines = [f"1/{n}.png,10,5,20,30,{marks},{label},-0.1,0.2" for n, label in enumerate((1, 0, 7, 8, 9, 10))]
    dataset = datasets.load(write(folder, HEAD, *lines))
    box = Roi(10, 5, 20, 30)
    assert read(folder / "table.csv") == [(2, "contempt", box), (0, "happy", box), (1, "neutral", box)]
    assert dataset.labels == ("contempt", "happy", "neutral") and len(dataset) == 3 and not dataset.crops
    assert dataset.left_out.counts == {f"of no expression ({n})": 1 for n in ("none", "uncertain", "no-face")}
    assert list(dataset.left_out.notes.values()) == [6] and "AffectNet" in next(iter(dataset.left_out.notes))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("path,label", "1/1.png,happy", r"1\2.png,Joy"), [(2, "Joy", None), (1, "happy", None)]),
        (("image;label;x;y;w;h", "1/1.png;sad;1.6;2;3;4"), [(1, "sad", Roi(2, 2, 3, 4))]),
        (("Label\tFile\tx1\ty1\tx2\ty2", "sad\t./1/../1/1.png\t-9\t0\t5\t900"), [(1, "sad", Roi(0, 0, 5, 48))]),
        (("path,emotion", "1/1.png,3", "1/2.png,6"), [(1, "happy", None), (2, "neutral", None)]),
        (
            ("path,expression,x,y,w,h", "1/1.png,6,,,,", "1/2.png,2.0,NULL,null,nan,"),
            [(1, "angry", None), (2, "sad", None)],
        ),
        (("id,path,label,width,height", "7,1/1.png,fear,64,48"), [(1, "fear", None)]),
        (("path,label,split", "1/1.png,sad,train", "1/2.png,sad,val"), [(2, "sad", None)]),
    ],
)
def test_simpler_tables(folder: Path, lines: tuple[str, ...], expected: list[Any]) -> None:
    assert read(write(folder, *lines)) == expected


def test_a_split_is_chosen_by_its_name(folder: Path) -> None:
    path = write(folder, "path,label,split", "1/1.png,sad,train", "1/2.png,sad,val")
    assert read(path, split="Train") == [(1, "sad", None)]
    with pytest.raises(ConfigError, match="no split 'dev': choose one of train, val"):
        datasets.load(path, split="dev")
    with pytest.raises(ConfigError, match="leave --split away"):
        datasets.load(write(folder, "path,label", "1/1.png,sad"), split="dev")


#: Path and the rest of the line → the reason by which it is counted.
BAD = {
    "1/9.png,sad,1,1,2,2": "missing",
    "../secret.png,sad,1,1,2,2": "outside the table's folder",
    "1/../../secret.png,sad,1,1,2,2": "outside the table's folder",
    r"..\secret.png,sad,1,1,2,2": "outside the table's folder",
    "/etc/hostname,sad,1,1,2,2": "outside the table's folder",
    "1/link.png,sad,1,1,2,2": "outside the table's folder",
    "way/secret.png,sad,1,1,2,2": "outside the table's folder",
    "1,sad,1,1,2,2": "no file",
    ",sad,1,1,2,2": "without a path",
    f"{'x' * 5000},sad,1,1,2,2": "missing",
    "1/1.png": "without a label",
    "1/1.png,,1,1,2,2": "without a label",
    "1/1.png,11,1,1,2,2": "of an unknown number",
    "1/1.png,sad,1,1,x,2": "of a damaged box",
    "1/1.png,sad,1,1,0,2": "of a damaged box",
    "1/1.png,sad,1,1,2,1e999": "of a damaged box",
    "1/1.png,sad,1,1": "of a damaged box",
    "1/1.png,Uncertain,1,1,2,2": "of no expression (uncertain)",
    "1/1.png,non-face,1,1,2,2": "of no expression (non-face)",
    "a\0b,sad,1,1,2,2": "without a path",
}


def hostile(folder: Path) -> Path:
    """A table with one good line and all of BAD, and what they point to."""
    cv2.imwrite(str(folder.parent / "secret.png"), np.zeros((9, 9), np.uint8))
    (folder / "1" / "link.png").symlink_to(folder.parent / "secret.png")
    (folder / "way").symlink_to(folder.parent)
    return write(folder, "path,label,x,y,w,h", "1/1.png,sad,1,1,2,2", *BAD)


def test_each_line_that_is_no_good_is_counted_by_its_reason(folder: Path) -> None:
    dataset = datasets.load(hostile(folder))
    assert [item.label for item in dataset] == ["sad"]
    reasons = list(BAD.values())
    assert dataset.left_out.counts == {reason: reasons.count(reason) for reason in reasons}
    with pytest.raises(ConfigError, match=r"line 3: missing .*without --strict it is left out"):
        datasets.load(folder / "table.csv", strict=True)


def test_an_absolute_path_below_the_table_will_do(folder: Path) -> None:
    assert read(write(folder, "path,label", f"{folder}/1/3.png,sad")) == [(3, "sad", None)]


def test_a_box_outside_its_picture_is_a_reason_once_it_is_read(folder: Path) -> None:
    (item,) = datasets.load(write(folder, "path,label,x,y,w,h", f"1/1.png,sad,64,0,9,{10**30}"))
    assert item.image is None and item.error is not None and item.error.short == "with a box outside the picture"


def test_a_table_of_which_nothing_is_there_says_where_it_looked(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"no pictures found \(2 missing\); its paths begin in .*/data"):
        datasets.load(write(folder, "path,label", "a.png,sad", "b.png,sad"))
    with pytest.raises(ConfigError, match=r"expected emotion, pixels, or path and label of pictures; .*'colour'"):
        datasets.load(write(folder, "path,colour", "a.png,red"))


def test_grey_levels_in_a_column_image_stay_fer2013(folder: Path) -> None:
    levels = " ".join(["7"] * 48 * 48)
    (item,) = datasets.load(write(folder, "image,label", f"{levels},3"))
    assert item.label == "happy" and item.image is not None and item.image.shape == (48, 48)


@pytest.mark.slow
def test_import_and_eval_use_the_boxes(fer: Fer, fer_home: Path, folder: Path) -> None:
    source = registry.load("sources", "sample")()
    source.open()
    cv2.imwrite(str(folder / "face.png"), source.read(5.0).image)
    path = write(folder, HEAD, "face.png,200,100,200,200,,1,0,0", "face.png,,,,,,0,0,0", "1/1.png,,,,,,0,0,0")
    (folder / "more.csv").write_text(path.read_text() + "gone.png,,,,,,0,0,0\nface.png,,,,,,7,0,0\n")
    done = fer("import", path)
    assert done.code == 0 and "2 pictures (happy 1, neutral 1)" in done.out, done
    assert "1 without a face" in done.out and "labelled by the numbers of AffectNet" in done.out
    happy, neutral = bags.read(fer_home / "bags" / "table")
    assert happy.roi == Roi(200, 100, 200, 200) and neutral.roi not in (None, happy.roi)
    done = fer("eval", folder / "more.csv")
    assert done.code == 0 and ": 2 faces" in done.out and "no face found in 1 pictures" in done.out, done
    assert "1 missing" in done.out and "1 of unknown label 'contempt'" in done.out
    assert fer("import", path, "--bag", "x", "--votes", "0.5").code == 2
