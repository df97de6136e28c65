"""The list of models: each is verified once, and again when one of its files has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from fer_ros.core.base import paths
from fer_ros.core.bundles.model_list import Shelf


def test_a_model_is_verified_anew_only_when_a_file_of_it_has_changed(fer_home: Path) -> None:
    mine = fer_home / "models" / "mine"
    shutil.copytree(paths.share_dir() / "models" / "small", mine)
    shelf = Shelf()
    first, again = ({model.name: model for model in shelf.listing()} for _ in range(2))
    assert first.keys() == again.keys() >= {"mine", "default", "small"}
    # The very same objects: nothing was read in between.
    assert all(again[name].bundle is model.bundle for name, model in first.items())
    (mine / "head.npz").write_bytes(b"no head")
    changed = {model.name: model for model in shelf.listing()}
    assert changed["mine"].bundle is None and changed["mine"].why is not None
    assert changed["mine"].why.code == "model_damaged"
    assert changed["default"].bundle is first["default"].bundle
    shutil.rmtree(mine)
    assert "mine" not in {model.name for model in shelf.listing()}
