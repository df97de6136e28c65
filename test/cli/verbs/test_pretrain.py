"""What ``fer pretrain`` refuses before TensorFlow is imported; a whole run is in ``test/core/pretraining``."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from fer_ros.cli.main import main

MISSING = [name for name in ("tensorflow", "keras", "matplotlib") if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make setup-dev")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "fer2013.csv: no such file; give the path of fer2013.csv"),
        (["--name", "../x"], "model name '../x' is not allowed"),
        (["--backbone", "mobilenet"], "unknown backbone 'mobilenet' (did you mean 'mobilenet_v2'?)"),
        (["--epochs", "0"], "epochs >= 1"),
        (["--learning-rate", "nan"], "0 < learning rate < 1"),
        (["--size", "4"], "input width must be an integer from 8 to 1024, got 4"),
        (["--recipe", "paper2017", "--preset", "fer48"], "unknown preset of paper2017 'fer48'"),
        (["--teacher-weight", "0.5"], "the weight a --teacher"),
        (["--start", "x", "--weights", "imagenet"], "not both"),
        (["--weights", "none.h5"], "none.h5: no such file; give a Keras weight file (….h5), or the word imagenet"),
        (["--optimizer", "sdg"], "did you mean 'sgd'?"),
        (["--teacher", "nowhere", "--teacher-weight", "0.5"], "unknown model 'nowhere'"),
        (["--start", "./taken"], "taken: no model here"),
        (["--out", "taken"], "taken exists already: choose another --name or --out, or add --replace"),
    ],
)
def test_what_is_wrong_is_said_before_the_work_begins(
    tmp_path: Path,
    fer_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").mkdir()
    assert main(["pretrain", "fer2013.csv", *words]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
    assert not Path("runs").exists() and "tensorflow" not in sys.modules


@pytest.mark.skipif(bool(MISSING), reason=f"training needs {', '.join(MISSING)}: make setup-dev")
def test_damaged_rows_are_named_before_the_work_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(f"emotion,pixels,Usage\n3,1 2 3,Training\n3,{'7 ' * 2304},Training\n")
    words = ["pretrain", str(path), "--out", str(tmp_path / "model"), "--run", str(tmp_path / "run")]
    assert main([*words, "--strict"]) == 2
    assert "line 2: of another size (3 grey levels, 2304 expected); without --strict" in capsys.readouterr().err
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "left out: 1 of another size" in err and "'happy' is the only label of Training" in err
    assert not (tmp_path / "run").exists()


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    find = importlib.util.find_spec

    def none_of_tensorflow(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in ("tensorflow", "matplotlib") else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", none_of_tensorflow)
    assert main(["pretrain", "fer2013.csv"]) == 2
    assert "training needs tensorflow, " in capsys.readouterr().err


def test_another_backend_of_keras_must_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "mxnet")
    assert main(["pretrain", "fer2013.csv"]) == 2
    assert "training needs mxnet" in capsys.readouterr().err
