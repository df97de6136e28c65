"""Bags on a real S3 server: fetched once, anew when they change, bounded, and gone when a person is forgotten."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.carrying import bags_at, fetched
from fer_ros.core.forgetting.forget import forget


def record(folder: Path, subject: str = "anna", label: str = "happy") -> Path:
    """A bag of three frames."""
    with bags.BagWriter(folder, {}) as writer:
        writer.begin_take(label, subject)
        for number in range(3):
            picture = np.full((64, 64, 3), 40 * number + len(subject), np.uint8)
            writer.write(1_700_000_000_000_000_000 + number, cv2.imencode(".png", picture)[1].tobytes(), None)
    return folder


def test_all_bags_below_an_address(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    first, second = record(tmp_path / "monday"), record(tmp_path / "tuesday", "ben")
    address = s3.put(first, "robot7/monday")
    s3.put(second, "robot8/far/tuesday")
    s3.files.pipe_file(f"{s3.address}/robot8/notes.txt", b"no bag")
    found = bags_at(s3.address)
    assert [bag.name for bag in found] == ["monday", "tuesday"]
    for here, there in zip(found, (first, second), strict=True):
        assert {f.name: f.read_bytes() for f in here.iterdir()} == {f.name: f.read_bytes() for f in there.iterdir()}
    assert bags_at(address)[0].name == "monday"
    assert paths.fetched_folder().stat().st_mode & 0o077 == 0
    assert bags_at(f"file://{first}") == [first]


def test_nothing_is_fetched_twice_and_a_change_is_fetched(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    address = s3.put(record(tmp_path / "day"), "day")
    told: list[str] = []
    (bag,) = bags_at(address, lambda done, total, name: told.append(name))
    assert told and set(told) == {"day"}
    before = {file.name: file.stat().st_mtime_ns for file in bag.iterdir()}
    told.clear()
    assert bags_at(address + "/", lambda done, total, name: told.append(name)) == [bag] and not told
    assert {file.name: file.stat().st_mtime_ns for file in bag.iterdir()} == before
    s3.files.rm(address, recursive=True)
    s3.put(record(tmp_path / "other" / "day", "benjamin"), "day")
    (other,) = bags_at(address)
    assert other != bag and [take.subject for take in bags.info(other).takes] == ["benjamin"]


def test_what_was_unused_for_longest_goes(
    s3: Any, fer_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [s3.put(record(tmp_path / name), name) for name in ("a", "b", "c")]
    (first,), (second,) = bags_at(addresses[0]), bags_at(addresses[1])
    size = sum(file.stat().st_size for file in first.iterdir())
    os.utime(second.parent, (1, 1))
    monkeypatch.setattr(fetched, "MAX_BYTES", 2 * size + size // 2)
    (third,) = bags_at(addresses[2])
    assert first.is_dir() and third.is_dir() and not second.exists()
    with pytest.raises(ConfigError, match=r"fetched at most: name fewer"):
        bags_at(s3.address)
    assert first.is_dir() and third.is_dir()


def test_a_bag_that_vanishes_in_the_middle_leaves_nothing(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    address = s3.put(record(tmp_path / "day"), "day")

    def vanish(done: int, total: int, name: str) -> None:
        if s3.files.exists(address):
            s3.files.rm(address, recursive=True)

    with pytest.raises(FerError, match=rf"{address}.*(not there|vanished)") as caught:
        bags_at(address, vanish)
    assert "\n" not in str(caught.value) and not list(paths.fetched_folder().iterdir())


def test_a_bag_that_is_still_recorded_is_refused(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    address = s3.put(record(tmp_path / "day"), "day")
    with pytest.raises(FerError, match="changed or vanished"):
        bags_at(address, lambda done, total, name: s3.files.pipe_file(f"{address}/day_9.mcap", b"more"))
    assert not list(paths.fetched_folder().iterdir())


@pytest.mark.parametrize(("place", "message"), [("nothing", "no bag lies at"), ("notes", "a bag is a folder with")])
def test_no_bag_there(s3: Any, fer_home: Path, place: str, message: str) -> None:
    s3.files.pipe_file(f"{s3.address}/notes/a.txt", b"no bag")
    with pytest.raises(ConfigError, match=message):
        bags_at(f"{s3.address}/{place}")


def test_what_a_killed_command_left_goes_and_two_do_not_meet(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    address = s3.put(record(tmp_path / "day"), "day")
    left = paths.private_folder(paths.fetched_folder()) / ".fetching.old"
    left.mkdir()
    handle = os.open(paths.fetched_folder(), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(FerError, match="fetches bags already"):
        bags_at(address)
    os.close(handle)
    assert left.exists() and bags_at(address) and not left.exists()


def test_forgetting_a_person_removes_the_copies(s3: Any, fer_home: Path, tmp_path: Path) -> None:
    record(fer_home / "bags" / "mine", "anna")
    (copy,) = bags_at(s3.put(record(tmp_path / "day", "anna"), "day"))
    told = forget("anna")
    assert told.complete and not copy.exists() and not paths.fetched_folder().exists()
    assert s3.files.exists(f"{s3.address}/day"), "what lies elsewhere is not ours to remove"
