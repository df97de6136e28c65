"""Which model is selected, and what happens to models that are renamed or deleted."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from test.core.conftest import Write


@pytest.fixture
def models(brightness: Write, fer_home: Path, tmp_path: Path) -> list[str]:
    """Three models of the user's."""
    names = ["anna", "bert", "cleo"]
    for name in names:
        brightness(name)
    fer_home.mkdir()
    (tmp_path / "models").rename(fer_home / "models")
    return names


def test_without_a_selection_the_general_model_is_meant(models: list[str]) -> None:
    assert paths.selected() == "default" and Bundle.load("selected").name == "default"


def test_selecting_and_going_back(models: list[str]) -> None:
    for name in ("anna", "bert", "bert", "cleo"):
        model_store.select(name)
        assert Bundle.load("selected").name == name
    assert model_store.rollback() == ("cleo", "bert")
    assert model_store.rollback() == ("bert", "anna")
    assert model_store.rollback() == ("anna", "default")
    with pytest.raises(ConfigError, match="none to go back to"):
        model_store.rollback()


def test_a_damaged_model_cannot_be_selected(models: list[str], fer_home: Path) -> None:
    model_store.select("anna")
    (fer_home / "models" / "bert" / "head.npz").write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="damaged"):
        model_store.select("bert")
    assert paths.selected() == "anna"


def test_deleting_the_selected_model_selects_the_one_before(models: list[str], fer_home: Path) -> None:
    model_store.select("anna")
    model_store.select("bert")
    assert model_store.delete("bert") == "anna"
    assert not (fer_home / "models" / "bert").exists()
    # Also where somebody removed the folder by hand.
    model_store.select("cleo")
    (fer_home / "models" / "cleo").rename(fer_home / "gone")
    assert Bundle.load("selected").name == "anna"


def test_renaming_keeps_the_files_and_the_selection(models: list[str], fer_home: Path) -> None:
    model_store.select("anna")
    (fer_home / "models" / "anna" / "README.md").write_text("card")
    old = Bundle.load("anna")
    new = model_store.rename("anna", "anne")
    assert new.name == "anne" and new.checksums == old.checksums and paths.selected() == "anne"
    assert (new.path / "README.md").read_text() == "card"
    assert not old.path.exists()


@pytest.mark.parametrize("new", ["bert", "default", "selected", "../x", ""])
def test_renaming_to_what_is_taken_or_not_allowed_is_refused(models: list[str], new: str) -> None:
    with pytest.raises(ConfigError):
        model_store.rename("anna", new)
    assert Bundle.load("anna").name == "anna"


def test_what_came_with_the_package_stays(models: list[str]) -> None:
    for change in (model_store.delete, lambda name: model_store.rename(name, "mine")):
        with pytest.raises(ConfigError, match="came with the package"):
            change("default")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n../../etc\nselected\n", b"anna\nnobody\n" * 3, b"\0" * 4000])
def test_a_strange_selection_file_does_no_harm(models: list[str], fer_home: Path, content: bytes) -> None:
    (fer_home / "selected_models").write_bytes(content)
    assert paths.selected() == ("anna" if b"anna" in content else "default")
    model_store.select("bert")
    assert paths.selected() == "bert"


def test_a_home_where_nothing_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FER_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(FerError, match=r"could not be written to .*Not a directory"):
        model_store.own_folder()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(FerError, match="the file system is read-only: mount it for writing, or set FER_HOME") as caught:
        model_store.own_folder()
    assert "free some space" not in str(caught.value)
