"""``fer models``: shipped and own models, damaged ones among them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from fer_ros.cli.main import main
from fer_ros.core.base.paths import share_dir
from fer_ros.core.bundles.model_list import listing


@pytest.fixture
def own(fer_home: Path) -> Path:
    """The user's folder of models."""
    folder = fer_home / "models"
    folder.mkdir(parents=True)
    return folder


def copy(own: Path, name: str) -> Path:
    """A copy of the shipped model under another name."""
    target = own / name
    shutil.copytree(share_dir() / "models" / "default", target)
    document = yaml.safe_load((target / "model.yaml").read_text())
    document["name"] = name
    (target / "model.yaml").write_text(yaml.safe_dump(document))
    return target


def rows(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, bool], dict[str, object]]:
    """What ``fer models --json`` lists, by name and whether it is the user's own."""
    assert main(["models", "--json"]) == 0
    return {(m["name"], m["own"]): m for m in json.loads(capsys.readouterr().out)["models"]}


def test_shipped_model_without_a_user_folder(fer_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not fer_home.exists()
    found = rows(capsys)["default", False]
    assert not found["damaged"] and not found["hidden"]
    assert found["labels"] == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert found["path"] == str(share_dir() / "models" / "default")
    size = sum(f.stat().st_size for f in (share_dir() / "models" / "default").iterdir())
    assert found["bytes"] == size
    assert not fer_home.exists(), "listing makes no folders"


def test_own_model_hides_the_shipped_one(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy(own, "default")
    found = rows(capsys)
    assert found["default", False]["hidden"] and not found["default", True]["hidden"]
    assert main(["models"]) == 0
    assert "is hidden" in capsys.readouterr().out


def damage_backbone(folder: Path) -> None:
    file = next(folder.glob("*.tflite"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def damage_yaml(folder: Path) -> None:
    (folder / "model.yaml").write_text("labels: [\x01")


def empty_yaml(folder: Path) -> None:
    (folder / "model.yaml").write_text("")


def no_yaml(folder: Path) -> None:
    (folder / "model.yaml").unlink()


def no_head(folder: Path) -> None:
    (folder / "head.npz").unlink()


def odd_name(folder: Path) -> None:
    folder.rename(folder.with_name("a name\x1b[2J"))


@pytest.mark.parametrize("damage", [damage_backbone, damage_yaml, empty_yaml, no_yaml, no_head, odd_name])
def test_a_damaged_model_is_named_and_the_others_are_listed(
    own: Path, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(own, "whole")
    assert callable(damage)
    damage(copy(own, "broken"))
    found = rows(capsys)
    assert not found["whole", True]["damaged"] and not found["default", False]["damaged"]
    bad = [model for model in found.values() if model["damaged"]]
    assert len(bad) == 1 and bad[0]["error"] and "labels" not in bad[0]
    assert main(["models"]) == 0
    printed = capsys.readouterr()
    assert "damaged" in printed.out and printed.err.startswith("WARNING: ") and printed.err.count("\n") == 1
    assert "\x1b" not in printed.out + printed.err


def test_unreadable_figures_are_left_out(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy(own, "odd")
    document = yaml.safe_load((folder / "model.yaml").read_text())
    for value in ("high", True, float("nan"), [1]):
        document["quality"]["accuracy"] = value
        (folder / "model.yaml").write_text(yaml.safe_dump(document))
        assert rows(capsys)["odd", True]["accuracy"] is None
    assert main(["models"]) == 0


def test_bundles_in_the_making_are_not_listed(own: Path) -> None:
    copy(own, ".new.tmp123")
    assert [model.name for model in listing() if model.own] == []


def test_selecting_renaming_deleting_and_going_back(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("anna", "bert"):
        copy(own, name)
        assert main(["models", "select", name]) == 0
    assert main(["models"]) == 0
    assert "selected: bert" in capsys.readouterr().out
    for words, selected in (
        (["rename", "bert", "bea"], "bea"),
        (["rollback"], "anna"),
        (["select", "bea"], "bea"),
        (["delete", "bea"], "anna"),
        (["rollback"], "default"),
    ):
        assert main(["models", "--json", *words]) == 0
        assert json.loads(capsys.readouterr().out)["selected"] == selected
    assert [folder.name for folder in own.iterdir()] == ["anna"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["select", "nobody"], "unknown model 'nobody'"),
        (["delete", "default"], "came with the package"),
        (["rename", "anna", "default"], "exists already"),
        (["rename", "anna", "../x"], "is not allowed"),
        (["rollback"], "none to go back to"),
    ],
)
def test_a_change_that_cannot_be_is_one_line(
    own: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(own, "anna")
    assert main(["models", *words]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
