from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base import files, paths
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles.bundle import Bundle


def folders(parent: Path) -> set[str]:
    return {p.name for p in parent.iterdir()}


def test_writing_states_what_was_given(brightness: Any) -> None:
    bundle = brightness(pictures={"README.md": b"# card"})
    assert Bundle.load(bundle.path) == bundle
    assert set(bundle.checksums) == {"backbone.bin", "head.npz"}
    assert folders(bundle.path) == {"backbone.bin", "head.npz", "model.yaml", "README.md"}
    assert folders(bundle.path.parent) == {"brightness"}
    (bundle.path / "README.md").write_text("edited")
    Bundle.load(bundle.path)
    assert (bundle.path.stat().st_mode & 0o777, (bundle.path / "head.npz").stat().st_mode & 0o777) == (0o755, 0o644)


def test_an_existing_bundle_is_replaced_only_where_allowed(brightness: Any) -> None:
    first = brightness()
    with pytest.raises(ConfigError, match="exists already"):
        brightness()
    other = pack(kernel=np.ones((1, 2)), bias=np.zeros(2))
    second = brightness(replace=True, contents={"head.npz": other})
    assert second.checksums != first.checksums
    assert (second.path / "head.npz").read_bytes() == other
    assert folders(second.path.parent) == {"brightness"}


@pytest.mark.parametrize("broken", ["the second file", "the model itself", "the swap", "Ctrl-C in the swap"])
def test_a_failure_in_the_middle_leaves_the_old_bundle(
    brightness: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    old = brightness()
    failure: type[BaseException] = OSError
    contents = {"head.npz": pack(kernel=np.ones((1, 2)), bias=np.zeros(2))}
    if broken == "the second file":
        whole = files.write_atomic
        calls: list[Path] = []

        def disk_full(path: Path, data: bytes, mode: int = 0o644) -> None:
            calls.append(path)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            whole(path, data, mode)

        monkeypatch.setattr(files, "write_atomic", disk_full)
    elif broken == "the model itself":
        contents, failure = {"../head.npz": b""}, ConfigError
    else:
        failure = OSError if broken == "the swap" else KeyboardInterrupt
        rename = os.rename

        def fails_once(source: Path, target: Path) -> None:
            if target == old.path and not str(source).endswith(".old"):
                raise failure("in the swap")
            rename(source, target)

        # The way of file systems that cannot exchange two names in one step.
        monkeypatch.setattr(files, "exchange", lambda first, second: False)
        monkeypatch.setattr(os, "rename", fails_once)
    with pytest.raises(failure):
        brightness(replace=True, contents=contents)
    assert Bundle.load(old.path) == old
    assert folders(old.path.parent) == {"brightness"}


def test_a_bundle_in_the_making_has_no_name(fer_home: Path, copy: Any) -> None:
    models = fer_home / "models"
    models.mkdir(parents=True)
    shutil.copytree(copy.path, models / ".mine.abc123")
    shutil.copytree(copy.path, models / "mine")
    assert paths.model_names() == ["default", "mine", "small"]


def test_the_users_model_hides_a_shipped_one(fer_home: Path, copy: Any) -> None:
    shutil.copytree(copy.path, fer_home / "models" / "default")
    assert Bundle.load("default").path == fer_home / "models" / "default"
