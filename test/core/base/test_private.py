"""What lies below $FER_HOME is readable by its owner alone, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_ros.core import bags
from fer_ros.core.base import files, paths
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle, write


@pytest.fixture(params=[0o000, 0o022, 0o077])
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    before = os.umask(request.param)
    yield tmp_path / "home"
    os.umask(before)


def _open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_bags_trash_and_models(home: Path, storage: str) -> None:
    with bags.BagWriter(home / "bags" / "one", {}, storage) as writer:
        for stamp in (1, 2):
            writer.begin_take("happy", "Kim")
            writer.write(stamp, b"\xff\xd8\xff", None)
        assert _open_to_others(home) == []  # also while it is written
    bags.discard_take(home / "bags", "one", 1)
    base = Bundle.load("default")
    contents = {name: (base.path / name).read_bytes() for name in base.checksums}
    path = home / "models" / "mine"
    write(
        Bundle("mine", path, base.labels, base.input, base.backbone, base.head), contents, pictures={"README.md": b"x"}
    )
    model_store.select("mine")
    assert _open_to_others(home) == []
    assert all(path.stat().st_mode & 0o400 for path in home.rglob("*"))


def test_a_folder_that_others_could_read_is_closed(home: Path) -> None:
    (home / "models" / "deep").mkdir(parents=True)
    for folder in (home, home / "models", home / "models" / "deep"):
        folder.chmod(0o755)
    paths.private_folder(home / "models" / "deep")
    assert _open_to_others(home / "models") == []
    assert home.stat().st_mode & 0o077  # it is not ours alone: it may be any folder


def test_elsewhere_files_are_as_usual(home: Path, tmp_path: Path) -> None:
    files.write_atomic(tmp_path / "report.md", b"x")
    assert (tmp_path / "report.md").stat().st_mode & 0o777 == 0o644
