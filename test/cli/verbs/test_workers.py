"""The verbs that work over many pictures: in one process, in two, and on a real cluster, with the same answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.evaluating import apart
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

pytest.importorskip("distributed", reason="needs fer_ros[cluster]")
pytestmark = pytest.mark.slow

LABELS = ("happy", "neutral", "surprise")
WORKERS = ["--workers", "2"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty drawn faces, nine of them of a label that no model has, one without a face, and a broken file."""
    folder = tmp_path_factory.mktemp("pictures")
    for label in LABELS:
        (folder / label).mkdir()
        source = FaceSource(FaceSettings(expression=label, fps=0.0, width=320, height=240))
        source.open()
        for index in range(20):
            cv2.imwrite(str(folder / label / f"{index:02}.jpg"), source.picture(5 * index, source.settings))
    for index in range(9):
        (folder / "bored").mkdir(exist_ok=True)
        cv2.imwrite(str(folder / "bored" / f"{index}.png"), np.full((40, 40, 3), 20 * index, np.uint8))
    cv2.imwrite(str(folder / "happy" / "empty.png"), np.zeros((200, 200, 3), np.uint8))
    whole = (folder / "happy" / "00.jpg").read_bytes()
    (folder / "neutral" / "99.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[Any, list[str]]:
    """What a command prints as JSON, and the warnings."""
    assert main([str(word) for word in words]) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out.splitlines()[-1]), sorted(line for line in printed.err.splitlines() if line)


def test_eval_gives_the_same_answers(
    pictures: Path, fer_home: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    words = ("eval", pictures, "--model", "small", "--detector", "haar,blazeface", "--json")
    alone, _ = said(capsys, *words)
    told = sorted(record.getMessage() for record in caplog.records)
    caplog.clear()
    together, _ = said(capsys, *words, *WORKERS)
    assert together == alone and alone["count"] > 40 and alone["no_face"] and sum(alone["skipped"].values()) >= 9
    assert sorted(record.getMessage() for record in caplog.records) == told and told


def test_import_makes_the_same_bag_and_eval_reads_it_alike(
    pictures: Path, fer_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone, _ = said(capsys, "import", pictures, "--bag", "alone", "--json")
    together, _ = said(capsys, "import", pictures, "--bag", "together", "--json", *WORKERS)
    same = ("labels", "left_out", "left_out_names", "renamed", "samples")
    assert {key: alone[key] for key in same if key in alone} == {key: together[key] for key in same if key in together}

    def content(name: str) -> list[Any]:
        return [(s.picture, s.label, s.roi, s.eyes, s.take) for s in bags.stored(fer_home / "bags" / name)]

    assert content("alone") == content("together") and len(content("alone")) > 50
    found = [said(capsys, "eval", "alone", "--model", "small", "--json", *more)[0] for more in ((), WORKERS)]
    assert found[0] == found[1]


def test_duplicates_are_the_same(pictures: Path, fer_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("duplicates", pictures, "--within", "--json")
    alone, _ = said(capsys, *words)
    together, _ = said(capsys, *words, *WORKERS)
    assert together == alone and alone["count"] and alone["skipped"]


def test_strict_names_the_picture(pictures: Path, fer_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb, more in (("eval", ["--crops"]), ("import", ["--crops", "--bag", "x"]), ("duplicates", [])):
        assert main([verb, str(pictures), "--strict", *more, *WORKERS]) == 2
        err = capsys.readouterr().err.splitlines()
        assert len(err) == 1 and str(pictures) in err[0] and "without --strict it is left out" in err[0]
    assert not (fer_home / "bags" / "x").exists()


def test_a_scheduler_that_is_not_there_is_one_line(
    pictures: Path, fer_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("eval", "import", "duplicates"):
        assert main([verb, str(pictures), "--cluster", "nonsense"]) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and "scheduler" in err
        assert main([verb, str(pictures), "--cluster", "tcp://127.0.0.1:1", *WORKERS]) == 2
        assert "give one of them" in capsys.readouterr().err


def test_a_picture_that_vanishes_in_the_middle_is_counted(
    tmp_path: Path, fer_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in ("happy", "sad"):
        (tmp_path / label).mkdir()
        for number in range(4):
            cv2.imwrite(str(tmp_path / label / f"{number}.png"), np.full((48, 48), 30 * number, np.uint8))
    real = apart.parts

    def vanish(*arguments: Any) -> Any:
        (tmp_path / "sad" / "3.png").unlink()
        return real(*arguments)

    monkeypatch.setattr(apart, "parts", vanish)
    found, _ = said(capsys, "eval", tmp_path, "--crops", "--model", "small", "--json", *WORKERS)
    assert found["count"] == 7 and sum(found["skipped"].values()) == 1


def test_another_model_at_the_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another model lies there"):
        apart._model(str(tmp_path), "0" * 64, False)
