from __future__ import annotations

import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base import files
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.evaluating import metrics, report
from fer_ros.core.evaluating.evaluation import Evaluation
from fer_ros.core.evaluating.figures import figures
from fer_ros.core.evaluating.part import Mistake

LABELS = ("happy", "$sad|", "행복")


def evaluation(count: int = 30, right: float = 0.6, channels: int = 1) -> Evaluation:
    """Some answers, of which a share is right; the last label never occurs."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, count)
    predicted = np.where(rng.random(count) < right, truth, 1 - truth)
    probabilities = np.full((count, 3), 0.1, np.float32)
    probabilities[np.arange(count), predicted] = 0.8
    picture = rng.integers(0, 256, (8, 8, channels), dtype=np.uint8)
    mistakes = [
        Mistake(f"a_{n}|<b>\n`c`", LABELS[truth[n]], LABELS[predicted[n]], 0.8, picture)
        for n in np.flatnonzero(truth != predicted)
    ]
    return Evaluation(
        metrics.measure(truth, predicted, LABELS),
        truth,
        probabilities,
        "mine",
        "faces\x1b[2J",
        2,
        {"unreadable": 3},
        {"unreadable": ["b.png"]},
        np.arange(count) * 2,
        mistakes,
        ["a note"],
    )


def curves() -> dict[str, Any]:
    points = [{"amount": a, "accuracy": 0.5, "interval": [0.4, 0.6], "agreement": 0.7} for a in (0.5, 1)]
    names = ("size", "light", "jpeg", "blur")
    return {"plain": 0.6, "curves": {name: {"axis": f"{name} in pixels", "points": points} for name in names}}


@pytest.mark.slow
def test_a_report_is_written_whole_and_replaced(tmp_path: Path) -> None:
    result, folder = evaluation(channels=3), tmp_path / "deep" / "report"
    twins = np.zeros(60, bool)
    twins[[0, 2, 4, 5]] = True  # three of the faces that were measured, one that was not
    found = figures(result, twins)
    report.write(folder, result, {**found, "robustness": curves()}, "fer eval `x`")
    assert sorted(file.name for file in folder.iterdir()) == sorted(report.FILES)
    document = json.loads((folder / "report.json").read_text())
    assert document["clean"]["count"] == 27 and document["near_duplicates"]["count"] == 3
    assert document["accuracy"] == result.metrics.accuracy and document["robustness"]["plain"] == 0.6
    for name in report.FILES:
        if name.endswith(".png"):
            image = cv2.imread(str(folder / name))
            assert image is not None and min(image.shape[:2]) > 150 and image.std() > 5
            assert f"]({name})" in (folder / "report.md").read_text()

    # The next one has neither curves nor mistakes: no picture of this one stays.
    (folder / ".report.md.abcd").touch()  # what a killed run was writing
    result = evaluation(right=1.0)
    report.write(folder, result, figures(result), "fer eval x")
    assert not (folder / "robustness.png").exists() and not (folder / "mistakes.png").exists()
    assert "None." in (folder / "report.md").read_text()


def test_the_text_holds_the_figures_and_nothing_that_markdown_reads(tmp_path: Path) -> None:
    result = evaluation()
    found = figures(result, np.arange(60) < 10)
    share = {"share": 0.9, "interval": [0.8, 0.95]}
    none = {"share": None, "interval": None}
    finders = {"haar": {"pictures": 32, "found": share, "right_of_found": share, "right_of_all": share}}
    finders["m|ne"] = {"pictures": 32, "found": share, "right_of_found": none, "right_of_all": none}
    document = {"fer_ros": "1", "command": "fer eval x", **found, "robustness": curves(), "detectors": finders}
    text = report.markdown(document)
    assert "| haar | 32 | 0.900 [0.800, 0.950] | 0.900 [0.800, 0.950] | 0.900 [0.800, 0.950] |" in text
    assert r"| m\|ne | 32 | 0.900 [0.800, 0.950] |  |  |" in text
    low, high = found["intervals"]["accuracy"]
    assert f"| accuracy | {result.metrics.accuracy:.3f} [{low:.3f}, {high:.3f}] | " in text
    assert "all, 30 faces | without near-duplicates, 25 faces" in text
    assert "- left out: 3 unreadable" in text and "- note: a note" in text and "no face was found" in text
    assert r"| \$sad\| |" in text and r"a\_" in text and r"\<b\>" in text
    assert text.isprintable() or all(c.isprintable() or c == "\n" for c in text)
    assert "| accuracy (same answer) | 0.500 (0.70) | 0.500 (0.70) |" in text
    assert "행복" not in text.split("## Labels")[1].split("## Calibration")[0]
    # Each table has as many cells in every row.
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.replace(r"\|", "").count("|") for line in lines}) <= 1


def test_figures_with_every_face_a_twin() -> None:
    found = figures(evaluation(), np.ones(60, bool))
    assert found["clean"] is None and found["near_duplicates"]["count"] == 30
    assert found["near_duplicates"]["accuracy"] == pytest.approx(found["accuracy"])
    found = figures(evaluation(), np.zeros(60, bool))
    assert found["near_duplicates"] == {"threshold": 0.98, "count": 0, "accuracy": None}
    assert found["clean"]["accuracy"] == found["accuracy"] and "clean" not in figures(evaluation())
    assert "## Scores" in report.markdown({"fer_ros": "1", "command": "x", **found})


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    result = evaluation()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "zeta").mkdir()
    with pytest.raises(ConfigError, match=r"no report \(notes\.txt and 1 more\): give a new or empty folder"):
        report.write(tmp_path, result, figures(result), "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "zeta"]
    with pytest.raises(ConfigError, match=r"notes\.txt is not a folder"):
        report.check(tmp_path / "notes.txt")
    with pytest.raises(ConfigError, match="cannot be written to"):
        report.check(tmp_path / "notes.txt" / "report")
    report.check(tmp_path / "zeta")
    report.check(tmp_path / "new" / "report")
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_report_that_was_cut_off_has_no_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = evaluation(count=4, right=1.0)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text("{}")

    def full(path: Path, data: bytes, mode: int = 0o644) -> None:
        if path.name == "calibration.png":
            raise OSError(28, "No space left on device")
        files.write_atomic(path, data, mode)

    monkeypatch.setattr(report, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        report.write(tmp_path / "report", result, figures(result), "x")
    assert not (tmp_path / "report" / "report.json").exists()
    report.check(tmp_path / "report")


def test_without_matplotlib_it_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "matplotlib" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(ConfigError, match="need matplotlib"):
        report.check(tmp_path)
