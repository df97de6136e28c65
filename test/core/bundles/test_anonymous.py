"""A model that leaves the robot names neither people nor bags, and is the same model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from fer_ros.core.base import paths
from fer_ros.core.bundles import anonymous
from fer_ros.core.bundles.bundle import Bundle


@pytest.fixture
def taught(tmp_path: Path) -> Path:
    folder = tmp_path / "kim-model"
    shutil.copytree(paths.share_dir() / "models" / "default", folder)
    content = yaml.safe_load((folder / paths.MODEL_FILE).read_text())
    content["data"] = {"subjects": ["Kim", "Kim Lee"], "bags": ["kims_bag", "2025-01-01"], "base": "default"}
    (folder / paths.MODEL_FILE).write_text(yaml.safe_dump(content))
    (folder / "README.md").write_text("Bags: kims_bag, 2025-01-01. Of Kim and Kim Lee, not of Kimberley.")
    return folder


def test_without_names(taught: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, data in anonymous.files(taught).items():
        (out / name).write_bytes(data)
    bundle = Bundle.load(out)  # verified by its checksums
    assert (bundle.data["subjects"], bundle.data["bags"]) == (["person 1", "person 2"], ["bag 1", "bag 2"])
    assert bundle.data["base"] == "default" and bundle.labels == Bundle.load(taught).labels
    text = "".join(file.read_bytes().decode("utf-8", "replace") for file in out.glob("*.[my][da]*"))
    assert "Of person 1 and person 2, not of Kimberley." in text
    assert "kims_bag" not in text and "2025-01-01" not in text and "Kim " not in text


def test_with_names_it_is_what_it_was(taught: Path) -> None:
    assert anonymous.files(taught, names=True) == {f.name: f.read_bytes() for f in taught.iterdir() if f.is_file()}


def test_a_shipped_model_is_what_it_was() -> None:
    folder = paths.share_dir() / "models" / "default"
    assert anonymous.files(folder) == {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file()}
