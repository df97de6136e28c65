"""Forgetting that was killed is finished by the next call, which still knows every picture."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from fer_ros.core import bags
from fer_ros.core.forgetting import forget as forgetting
from fer_ros.core.forgetting.forget import forget

from ..conftest import killed
from .test_forgetting import STORAGES, _held, fill, home, model, picture

__all__ = ["home"]


@pytest.mark.slow
@STORAGES
def test_killed_at_each_step(home: Path, storage: str, tmp_path: Path) -> None:
    fill("alone", [("happy", "Kim", 30)], storage)
    mixed = fill("mixed", [("happy", "Kim", 0), ("sad", "Lee", 10), ("fear", "Kim", 20)], storage)
    bags.discard_take(home / "bags", "mixed", 3)
    for weights in model(home, "hers", subjects=["Kim", "Lee"], bags=["mixed"]).glob("*.tflite"):
        weights.unlink()  # large, and all the same here
    (home / "copy.bin").write_bytes(picture(1) + picture(21))
    shutil.copytree(home, tmp_path / "before")
    # Half of them for each storage: most steps are the same.
    steps = 1 if storage == "mcap" else 0
    while killed(steps + 1, lambda: forget("Kim")):
        steps += 2
        assert all(mode == 0o600 for mode in (p.stat().st_mode & 0o777 for p in home.glob(".forgetting-*.json")))
        told = forget("Kim")
        assert (told.failed, told.left) == ([], ["copy.bin: a picture, in it"]), (steps, told)
        (home / "copy.bin").unlink()
        assert forget("Kim").complete, steps
        assert not [path for path in home.rglob("*") if ".forgetting" in path.name], steps
        assert _held(mixed) == [(n, "sad", "Lee") for n in range(10, 13)], steps
        found = bags.info(mixed)
        assert found.complete and found.facts["consent"] == "for a year", steps
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "before", home)
    assert steps > 10


def test_the_next_start_finishes_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill("bag", [("happy", "Kim", 0), ("sad", "Lee", 10)])
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "_do", lambda step, told: sys.exit("killed"))
        with pytest.raises(SystemExit):
            forget("Kim")
    assert len(_held(folder)) == 6
    (told,) = forgetting.finish()
    assert told.complete and len(_held(folder)) == 3
    assert forgetting.finish() == []


def test_what_only_the_user_can_remove_is_no_work_for_each_start(home: Path) -> None:
    fill("bag", [("happy", "Kim", 0)])
    (home / "copy.bin").write_bytes(picture(1))
    assert not forget("Kim").complete
    assert forgetting.finish() == []
    assert forget("kim").left == ["copy.bin: a picture, in it"]  # known still, though no sample is left
