"""Sweeps: the grid, and two tiny real runs that are compared, not trained again, and then teach."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.pretraining import sweep

MISSING = [name for name in ("tensorflow", "keras", "matplotlib") if importlib.util.find_spec(name) is None]
KNOWN = ("seed", "dropout", "optimizer", "epochs", "sides")
#: A backbone of somebody else, so small that an epoch takes no time.
TINY = '''
from fer_ros.core.vision.litert import LiteRTBackbone


class Tiny(LiteRTBackbone):
    """One convolution."""

    presets = {"only": {}}

    @classmethod
    def build(cls, spec, **_):
        import keras

        inputs = keras.layers.Input((spec.height, spec.width, spec.channels))
        return keras.Model(inputs, keras.layers.ReLU(6.0)(keras.layers.Conv2D(4, 5, 4, padding="same")(inputs)))
'''


def test_every_combination_and_its_name() -> None:
    found = sweep.grid(["seed=1,2", "dropout=0.1,0.3"], KNOWN)
    assert found == [{"seed": s, "dropout": d} for s in (1, 2) for d in (0.1, 0.3)]
    assert sweep.called("mine", found[1]) == "mine-seed1-dropout0.3"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["sead=1"], "unknown setting to sweep over 'sead' \\(did you mean 'seed'"),
        (["sides=1"], "unknown setting"),
        (["seed"], "give values of type int"),
        (["seed=1,x"], "give values of type int"),
        (["seed=1,1"], "each value once"),
        (["seed=1", "seed=2"], "each value once"),
        ([f"seed={','.join(map(str, range(300)))}"], "300 runs: 200 are allowed"),
    ],
)
def test_a_grid_that_cannot_be(texts: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sweep.grid(texts, KNOWN)


def test_teachers_of_a_sweep_that_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no finished sweep here"):
        sweep.models(str(tmp_path))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny ``fer2013.csv``, and the backbone installed."""
    rng = np.random.default_rng(3)
    file = tmp_path / "fer2013.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["emotion", "pixels", "Usage"])
        for number in range(49):
            picture = rng.integers(0, 255, (48, 48), np.uint8) // 2 + np.uint8(18 * (number % 7))
            usage = "Training" if number < 35 else "PublicTest"
            writer.writerow([number % 7, " ".join(map(str, picture.ravel())), usage])
    info = tmp_path / "site" / "tiny_backbone-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "tiny_backbone.py").write_text(TINY)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-backbone\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fer_ros.backbones]\ntiny = tiny_backbone:Tiny\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    return file


@pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make setup-dev")
@pytest.mark.slow
@pytest.mark.timeout(800)
def test_two_runs_are_compared_not_trained_again_and_teach(
    fer: Any, data: Path, fer_home: Path, tmp_path: Path
) -> None:
    small = ["--backbone", "tiny", "--preset", "only", "--epochs", "1", "--batch", "8", "--norm-faces", "0"]
    small += ["--quantize", "float32"]
    words = ("pretrain", data, "--name", "s", "--run", tmp_path / "runs" / "s", *small, "--sweep", "seed=1,2")
    done = fer(*words, timeout=390)
    assert done.code == 0, done.err
    table = (tmp_path / "runs" / "s" / sweep.TABLE).read_text()
    assert done.out.startswith(table) and table.count("\n") == 4 and "| s-seed1 | 1 | 0." in table
    assert cv2.imread(str(tmp_path / "runs" / "s" / sweep.PLOT)) is not None
    runs = json.loads((tmp_path / "runs" / "s" / sweep.FACTS).read_text())["runs"]
    assert {one["name"] for one in runs} == {"s-seed1", "s-seed2"} and all(len(one["curve"]) == 1 for one in runs)
    marks = [fer_home / "models" / f"s-seed{seed}" / "model.yaml" for seed in (1, 2)]
    before = [mark.stat().st_mtime_ns for mark in marks]
    again = fer(*words, timeout=390)
    assert (again.code, again.out) == (0, done.out), "what is done is not done again"
    assert [mark.stat().st_mtime_ns for mark in marks] == before
    taught = fer(
        "pretrain", data, "--name", "pupil", "--run", tmp_path / "runs" / "pupil", *small,
        "--ensemble", tmp_path / "runs" / "s", timeout=390,
    )  # fmt: skip
    assert taught.code == 0, taught.err
    recipe = (fer_home / "models" / "pupil" / "model.yaml").read_text()
    assert "s-seed1" in recipe and "s-seed2" in recipe and "teacher_weight: 0.5" in recipe
