from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError


def test_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "here"))
    assert paths.fer_home() == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", "~/.ros/fer"):
        monkeypatch.setenv("FER_HOME", unset)
        assert paths.fer_home() == tmp_path / ".ros" / "fer"
    monkeypatch.setenv("FER_HOME", "~nobody_of_this_name/fer")
    with pytest.raises(ConfigError, match="set FER_HOME"):
        paths.fer_home()


def test_user_data_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = paths.private_folder(tmp_path / "a" / "b" / "models")
    for made in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    before = tmp_path.stat().st_mode
    assert paths.private_folder(folder) == folder and tmp_path.stat().st_mode == before


def test_the_share_folder_has_what_is_shipped() -> None:
    assert (paths.share_dir() / "config" / "emoticons.yaml").is_file()
    assert (paths.share_dir() / "models" / "default" / "model.yaml").is_file()


def test_models_of_the_user_come_first(fer_home: Path) -> None:
    assert paths.model_names() == ["default", "small"]
    for name in ("mine", "default", ".default.tmp", "no model"):
        (fer_home / "models" / name).mkdir(parents=True)
        (fer_home / "models" / name / paths.MODEL_FILE).touch()
    (fer_home / "models" / "empty").mkdir()
    (fer_home / "models" / "file").touch()
    assert paths.model_names() == ["default", "mine", "small"]
    assert paths.model_path("default") == fer_home / "models" / "default"
    for name in ("empty", "file", "absent"):
        with pytest.raises(ConfigError, match="choose one of default, mine"):
            paths.model_path(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "-x", "a b", "a\n", "ä", "x" * 65, "a\0"])
def test_names_that_could_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="bag name"):
        paths.check_name("bag", name)


@pytest.mark.parametrize("name", ["a", "0", "Jo-hanna_2.1", "x" * 64])
def test_plain_names_are_allowed(name: str) -> None:
    assert paths.check_name("bag", name) == name
