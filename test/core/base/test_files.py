from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from fer_ros.core.base import files


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "x"
    files.write_atomic(file, b"one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    files.write_atomic(file, b"two", mode=0o600)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"two", 0o600)
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(failure)):
        files.write_atomic(file, b"new")
    assert file.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


def test_a_folder_that_cannot_be_synced_is_no_error(tmp_path: Path) -> None:
    files.sync_folder(tmp_path / "absent")


def test_sha256_of_more_than_one_block(tmp_path: Path) -> None:
    data = os.urandom((1 << 20) + 7)
    (tmp_path / "x").write_bytes(data)
    assert files.sha256(tmp_path / "x") == hashlib.sha256(data).hexdigest()


def test_two_folders_change_places(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    if not files.exchange(first, second):
        pytest.skip("this file system cannot exchange two names")
    assert (first / "name").read_text() == "second"
    assert (second / "name").read_text() == "first"
    assert not files.exchange(first, tmp_path / "missing")
    assert (first / "name").read_text() == "second"
