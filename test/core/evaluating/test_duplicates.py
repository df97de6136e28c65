from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.datasets import datasets
from fer_ros.core.evaluating import duplicates

RNG = np.random.default_rng(2)
#: Blurred noise: no two are alike.
FACES = np.stack([cv2.GaussianBlur(RNG.integers(0, 256, (48, 48), dtype=np.uint8), (9, 9), 0) for _ in range(8)])
FACES = np.clip((FACES.astype(int) - 128) * 5 + 128, 0, 255).astype(np.uint8)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Four faces of Training and three of PublicTest: 5 is 1 made darker (another label), 6 is 0; 3 is 2, within."""
    images = FACES[[0, 1, 2, 2, 4, 1, 0]].copy()
    images[5] = images[5] // 2
    np.savez(
        tmp_path / "faces.npz",
        image=images,
        label=np.array([0, 1, 2, 2, 3, 4, 0]),
        usage=np.array(["Training"] * 4 + ["PublicTest"] * 3),
        row=np.arange(10, 17),
    )
    return tmp_path / "faces.npz"


def test_pairs_across_the_splits(npz: Path) -> None:
    groups, left_out = duplicates.groups([npz])
    assert [(group.name, len(group.images)) for group in groups] == [("Training", 4), ("PublicTest", 3)]
    found = duplicates.find(groups)
    facts = found.to_dict()
    assert left_out == {} and facts["count"] == 2 and facts["groups"] == {"Training": 4, "PublicTest": 3}
    assert facts["between"] == [
        {
            "first": "Training",
            "second": "PublicTest",
            "pairs": 2,
            "first_faces": 2,
            "second_faces": 2,
            "same_label": 1,
        }
    ]
    names = [(pair["first"]["name"], pair["second"]["name"], pair["same_label"]) for pair in facts["pairs"]]
    assert names == [("row 10", "row 16", True), ("row 11", "row 15", False)]
    assert facts["pairs"][0]["correlation"] == pytest.approx(1.0, abs=1e-5)
    assert 0.98 < facts["pairs"][1]["correlation"] <= facts["pairs"][0]["correlation"] <= 1.0


def test_pairs_within_a_split_only_where_asked_for(npz: Path) -> None:
    groups, _ = duplicates.groups([npz])
    found = duplicates.find(groups, within=True)
    within = [pair for pair in found.pairs if pair.first_group is pair.second_group]
    assert [(pair.first, pair.second) for pair in within] == [(2, 3)] and len(found.pairs) == 3


def test_folders_are_compared_with_each_other_or_within(tmp_path: Path, npz: Path) -> None:
    for name, faces in (("one", (0, 5, 6)), ("two", (6, 7))):
        (tmp_path / name / "happy").mkdir(parents=True)
        for face in faces:
            cv2.imwrite(str(tmp_path / name / "happy" / f"{face}.png"), cv2.resize(FACES[face], (90, 90)))
    cv2.imwrite(str(tmp_path / "two" / "happy" / "8.png"), cv2.resize(FACES[7], (30, 30)))
    (tmp_path / "two" / "happy" / "broken.png").write_bytes(b"")
    groups, left_out = duplicates.groups([tmp_path / "one", tmp_path / "two", npz])
    assert left_out == {"empty": 1} and len(groups) == 4
    found = duplicates.find(groups)
    between = [(row["first"], row["second"], row["pairs"]) for row in found.between()]
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    assert set(between) == {
        (one, f"{npz} PublicTest", 1),
        (one, f"{npz} Training", 1),
        (one, two, 1),
        (f"{npz} Training", f"{npz} PublicTest", 2),
    }
    alone = duplicates.find(duplicates.groups([tmp_path / "two"])[0])
    assert [pair.to_dict()["first"]["name"][-5:] for pair in alone.pairs] == ["7.png"]
    with pytest.raises(ConfigError, match=r"broken\.png: empty; without --strict"):
        duplicates.groups([tmp_path / "two"], strict=True)


def test_which_faces_of_the_test_have_a_twin(npz: Path, tmp_path: Path) -> None:
    twins = duplicates.twins(datasets.load(npz))
    assert twins is not None and twins.tolist() == [False, True, True]
    twins = duplicates.twins(datasets.load(npz, split="Training"))
    assert twins is not None and twins.tolist() == [True, True, False, False]
    np.savez(tmp_path / "one.npz", image=FACES, label=np.zeros(8, int), usage=np.array(["PublicTest"] * 8))
    assert duplicates.twins(datasets.load(tmp_path / "one.npz")) is None


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0, float("nan")])
def test_a_threshold_that_is_none(npz: Path, threshold: float) -> None:
    with pytest.raises(ConfigError, match="give a number between 0 and 1"):
        duplicates.find(duplicates.groups([npz])[0], threshold)


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    (tmp_path / "faces" / "happy" / "1.png").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"no pictures found \(1 empty\)"):
        duplicates.groups([tmp_path / "faces"])
