"""``fer train`` on recorded bags, and what becomes of the selection."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import pytest

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.plugins.detectors.haar import HaarDetector
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource
from test.conftest import Start

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag with 20 frames of two expressions."""
    folder = tmp_path_factory.mktemp("bags") / "pair"
    stamp, detector = 1_700_000_000_000_000_000, HaarDetector()
    with bags.BagWriter(folder, {}) as writer:
        for label in ("happy", "neutral"):
            source = FaceSource(FaceSettings(expression=label, fps=0.0, width=320, height=240))
            source.open()
            writer.begin_take(label, "anna")
            for index in range(20):
                image = source.picture(index, source.settings)
                picture = cv2.imencode(".jpg", image)[1].tobytes()
                writer.write(stamp, picture, next((face.roi for face in detector.detect(image)), None))
                stamp += 33_333_333
    return folder


@pytest.fixture
def bag(recorded: Path, fer_home: Path) -> str:
    """Its name in the user's folder."""
    shutil.copytree(recorded, fer_home / "bags" / "pair")
    return "pair"


def test_it_trains_selects_and_tells(bag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["train", bag, "--head", "dense", "--epochs", "12", "--hidden-units", "16", "--name", "anna", "--select"])
        == 0
    )
    out = capsys.readouterr().out
    for text in (
        "model anna: head dense on the backbone of default",
        "in 12 epochs",
        "the general model default",
        "held-out faces right, accuracy",
    ):
        assert text in out
    bundle = Bundle.load("selected")
    assert bundle.name == "anna" and bundle.labels == ("happy", "neutral")
    assert bundle.recipe["epochs"] == 12 and bundle.recipe["learning_rate"] == 1e-4


def test_json_is_one_object_with_the_whole_outcome(bag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--json", "--head", "prototype", "--seed", "3", "--no-flip"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["head"] == "prototype" and found["model"].startswith("personal-") and not found["selected"]
    assert set(found["metrics"]) >= {"accuracy", "macro_precision", "macro_recall", "macro_f1", "confusion", "labels"}
    assert found["baseline"]["count"] == found["metrics"]["count"] and found["seconds"] > 0
    assert Bundle.load(found["model"]).recipe["flip"] is False and paths.selected() == "default"


def test_a_path_is_as_good_as_a_name(recorded: Path, fer_home: Path) -> None:
    assert main(["train", str(recorded), "--head", "prototype", "--name", "anna"]) == 0
    assert Bundle.load("anna").data["bags"] == ["pair"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "unknown bag 'nowhere'"),
        (["/nowhere"], "no such bag"),
        (["--head", "transformer"], "unknown head 'transformer'"),
        (["--head", "dense", "--learning-rate", "7"], "learning_rate = 7.0 is out of range"),
        (["--name", "a/b"], "name 'a/b' is not allowed"),
        (["--split", "takes"], "at least 2 takes of each label"),
    ],
)
def test_what_is_wrong_is_one_line(
    bag: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1 and err.startswith("fer train: ")


def test_without_any_bag_it_says_what_to_do(fer_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 2
    assert "record one first, with `fer record`" in capsys.readouterr().err


def test_ctrl_c_ends_it_and_leaves_nothing(bag: str, fer_home: Path, start: Start) -> None:
    process = start(
        sys.executable,
        "-m",
        "fer_ros.cli.main",
        "train",
        bag,
        "--head",
        "dense",
        "--epochs",
        "10000",
        "--name",
        "never",
    )
    deadline = time.monotonic() + 90
    while not (fer_home / "models").is_dir():
        assert time.monotonic() < deadline and process.popen.poll() is None, process.err
        time.sleep(0.02)
    os.killpg(process.popen.pid, signal.SIGINT)
    done = process.wait(10)
    assert done.code == 130 and done.out == "" and "Traceback" not in done.err
    assert list((fer_home / "models").iterdir()) == []


def test_workers_and_a_cache_give_the_same_head(bag: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs fer_ros[cluster]")
    common = ["train", bag, "--head", "linear", "--epochs", "3", "--copies", "0"]
    assert main([*common, "--name", "one"]) == 0
    assert main([*common, "--name", "two", "--workers", "2", "--cache", str(tmp_path / "cache")]) == 0
    one, two = (Bundle.load(name).checksums["head.npz"] for name in ("one", "two"))
    assert one == two and len(list((tmp_path / "cache").rglob("*.parquet"))) == 2
    capsys.readouterr()
    for more, said in (
        (["--cluster", "tcp://127.0.0.1:9"], "no scheduler answers at 'tcp://127.0.0.1:9': start one with"),
        (["--cluster", "tcp://127.0.0.1:9", "--workers", "2"], "give one of them"),
        (["--cache", "nowhere://x"], "the cache 'nowhere://x' cannot be opened"),
    ):
        assert main([*common, *more]) == 2
        out, error = capsys.readouterr()
        assert not out and said in error and len(error.splitlines()) == 1
