"""What is discarded goes to the trash, comes back whole, and is removed for good after its time."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from rosbags.rosbag2 import Reader

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter, StorageError
from fer_ros.core.bags.folder import DISCARDED
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.trash import store

from ..conftest import killed
from .conftest import Record, picture, stamp

STORAGES = pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
TAKES = [("happy", "Kim", 3), ("sad", "Kim", 2), ("fear", "Lee", 4)]


def _samples(folder: Path) -> list[tuple[int, bytes, str, int]]:
    return sorted((s.stamp, s.picture, s.label, s.take) for s in bags.stored(folder))


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != store.FILE)


@STORAGES
def test_a_take_goes_and_comes_back(record: Record, tmp_path: Path, storage: str) -> None:
    folder = record(TAKES, storage)
    before, facts = _samples(folder), bags.info(folder).takes[1].facts
    assert bags.discard_take(tmp_path, "bag", 2) == 2
    assert [t.number for t in bags.info(folder).takes] == [1, 3]
    (entry,) = store.entries(tmp_path)
    assert (entry.bag, entry.take, entry.label, entry.subject, entry.samples) == ("bag", 2, "sad", "Kim", 2)
    assert entry.path.stat().st_mode & 0o077 == 0
    assert (entry.path / store.FILE).stat().st_mode & 0o077 == 0
    assert bags.listing(tmp_path) == [folder]
    assert bags.restore(tmp_path, entry) == 2
    assert _samples(folder) == before
    found = bags.info(folder)
    assert found.complete and [t.number for t in found.takes] == [1, 2, 3] and found.takes[1].facts == facts
    with Reader(folder) as reader:
        assert reader.message_count == 2 * 9 == len(list(reader.messages()))
    assert store.entries(tmp_path) == []
    assert _names(tmp_path / store.FOLDER) == []


@STORAGES
def test_the_open_take_and_the_last_bag(tmp_path: Path, storage: str) -> None:
    with BagWriter(tmp_path / "bag", {}, storage) as writer:
        for number, label in ((1, "happy"), (2, "sad")):
            writer.begin_take(label, "Kim")
            writer.write(stamp(number), picture(number), None)
        assert writer.discard_last() == 1
        assert writer.begin_take("fear") == 3
        assert writer.discard_last() == 0  # nothing of it, and not the one before
        assert writer.counts == {"happy": 1}
        assert writer.restore(bags.newest(tmp_path, "bag")) == 1
        assert writer.counts == {"happy": 1, "sad": 1}
        writer.discard(1)
        writer.discard(2)
    assert not (tmp_path / "bag").exists()
    assert bags.restore(tmp_path, bags.newest(tmp_path, "bag", 1)) == 1
    assert bags.restore(tmp_path, bags.newest(tmp_path)) == 1
    assert bags.info(tmp_path / "bag").labels == {"happy": 1, "sad": 1}
    with pytest.raises(ConfigError, match="nothing is in the trash"):
        bags.newest(tmp_path)


def test_numbers_in_the_trash_are_taken(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    bags.discard_take(tmp_path, "bag", 3)
    with BagWriter(folder, {}) as writer:
        assert writer.begin_take("happy") == 4
        writer.write(stamp(20), picture(20), None)
    bags.restore(tmp_path, bags.newest(tmp_path))
    assert [t.number for t in bags.info(folder).takes] == [1, 2, 3, 4]


def test_a_whole_bag(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    entry = bags.delete_bag(tmp_path, "bag")
    assert entry.whole and entry.samples == 9 and bags.listing(tmp_path) == []
    record([("happy", "", 1)])
    with pytest.raises(ConfigError, match="is there already: move it away"):
        bags.restore(tmp_path, entry)
    second = bags.delete_bag(tmp_path, "bag")
    assert second.name != entry.name
    bags.restore(tmp_path, entry)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_nobody_deletes_what_is_being_recorded(record: Record, tmp_path: Path) -> None:
    with BagWriter(record(TAKES), {}):
        for attempt in (lambda: bags.delete_bag(tmp_path, "bag"), lambda: bags.discard_take(tmp_path, "bag", 1)):
            with pytest.raises(ConfigError, match="being recorded by another process"):
                attempt()
    with pytest.raises(ConfigError, match="unknown bag 'other'"):
        bags.delete_bag(tmp_path, "other")
    with pytest.raises(ConfigError, match="not allowed"):
        bags.delete_bag(tmp_path, "../other")


def test_it_is_emptied_after_its_time(record: Record, tmp_path: Path) -> None:
    record(TAKES)
    bags.discard_take(tmp_path, "bag", 1)
    (entry,) = store.entries(tmp_path)
    assert bags.tidy(tmp_path, 2.0, entry.at + 1.9 * store.DAY) == []
    assert bags.tidy(tmp_path, 2.0, entry.at + 2.1 * store.DAY) == [entry]
    assert list((tmp_path / store.FOLDER).iterdir()) == []


def test_a_disk_that_fails_leaves_the_take(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = record(TAKES)
    before = _samples(folder)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("os.rename", "fer_ros.core.trash.store.files.write_atomic"):
        with monkeypatch.context() as patch, BagWriter(folder, {}) as writer:
            patch.setattr(name, fail)
            with pytest.raises(StorageError, match="the take cannot be discarded"):
                writer.discard(2)
            patch.undo()
            assert writer.counts == {"happy": 3, "sad": 2, "fear": 4}
        assert _samples(folder) == before and bags.info(folder).complete
        assert store.entries(tmp_path) == []


@pytest.mark.parametrize("left", ["entry", "unlisted", "emptied", "damaged"])
def test_what_a_crash_leaves_is_finished(record: Record, tmp_path: Path, left: str) -> None:
    folder = record(TAKES)
    before = _samples(folder)
    trash = tmp_path / store.FOLDER
    if left == "unlisted":  # metadata.yaml was written, the file not moved yet: the take was not discarded
        bags.discard_take(tmp_path, "bag", 2)
        (entry,) = store.entries(tmp_path)
        os.rename(entry.path / "bag_2.mcap", folder / "bag_2.mcap")
    elif left == "emptied":
        bags.discard_take(tmp_path, "bag", 2)
        os.rename(trash / "bag-2", trash / ".emptied-bag-2")
    else:
        (trash / "bag-2").mkdir(parents=True)
        (trash / "bag-2" / store.FILE).write_text('{"bag": "bag"' if left == "damaged" else "{}")
    assert store.entries(tmp_path) == []
    assert bags.tidy(tmp_path, 30.0) == []
    assert list(trash.iterdir()) == []
    if left != "emptied":
        assert _samples(folder) == before
        with BagWriter(folder, {}) as writer:
            assert writer.samples == 9
        assert bags.info(folder).complete


def test_a_discard_of_an_older_version_that_was_killed(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    os.rename(folder / "bag_2.mcap", folder / f"{DISCARDED}bag_2.mcap")
    bags.tidy(tmp_path, 30.0)
    (entry,) = store.entries(tmp_path)
    assert (entry.label, entry.samples) == ("sad", 2)
    assert bags.restore(tmp_path, entry) == 2
    assert [t.number for t in bags.info(folder).takes] == [1, 2, 3]


def test_looking_changes_nothing(record: Record, tmp_path: Path) -> None:
    record(TAKES)
    assert store.entries(tmp_path) == []
    assert not (tmp_path / store.FOLDER).exists()


def _read_meanwhile(folder: Path) -> tuple[BagWriter, sqlite3.Connection]:
    """A bag with two takes, of the second of which a reader has kept the log."""
    writer = BagWriter(folder, {}, "sqlite3")
    for number, label in ((1, "happy"), (2, "sad")):
        writer.begin_take(label, "Kim")
        for step in range(3):
            writer.write(stamp(10 * number + step), picture(number), None)
    reader = sqlite3.connect(folder / "bag_2.db3")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchall()
    writer.end_take()
    assert (folder / "bag_2.db3-wal").stat().st_size
    return writer, reader


def _at_each_kill(
    below: Path, act: Callable[[], object], prepare: Callable[[], object], check: Callable[[], None]
) -> int:
    at = 1
    while killed(at, act, prepare, below):
        check()
        at += 1
    check()
    return at


@pytest.mark.slow
def test_a_take_with_a_log_is_whole_wherever_its_discarding_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "bags" / "bag"
    held: list[tuple[BagWriter, sqlite3.Connection]] = []

    def check() -> None:
        bags.tidy(folder.parent, 30.0)
        with BagWriter(folder, {}) as writer:
            assert writer.samples in (3, 6)
        for entry in store.entries(folder.parent):
            assert os.listdir(entry.path) == [store.FILE, *entry.files] or len(os.listdir(entry.path)) == 2
            assert bags.restore(folder.parent, entry) == 3
        assert [n for n, *_ in _samples(folder)] == [stamp(n) for n in (10, 11, 12, 20, 21, 22)]
        assert bags.info(folder).complete
        shutil.rmtree(folder.parent)

    steps = _at_each_kill(
        folder.parent, lambda: held[0][0].discard(2), lambda: held.append(_read_meanwhile(folder)), check
    )
    assert steps > 5


@pytest.mark.slow
def test_an_entry_with_a_log_is_whole_wherever_its_restoring_is_killed(tmp_path: Path) -> None:
    """As an earlier version left it: the log lies beside its file."""
    writer, reader = _read_meanwhile(tmp_path / "live" / "bag")
    logged = tmp_path / "logged"
    logged.mkdir()
    for name in ("bag_2.db3", "bag_2.db3-wal"):
        shutil.copy(tmp_path / "live" / "bag" / name, logged)
    writer.discard(2)
    reader.close()
    writer.close()
    (entry,) = store.entries(tmp_path / "live")
    text = (entry.path / store.FILE).read_text()
    shutil.copytree(logged, entry.path, dirs_exist_ok=True)
    (entry.path / store.FILE).write_text(text.replace('["bag_2.db3"]', '["bag_2.db3", "bag_2.db3-wal"]'))
    parent = tmp_path / "bags"

    def check() -> None:
        bags.tidy(parent, 30.0)
        if store.entries(parent):
            bags.restore(parent, bags.newest(parent))
        with BagWriter(parent / "bag", {}):
            pass
        assert [n for n, *_ in _samples(parent / "bag")] == [stamp(n) for n in (10, 11, 12, 20, 21, 22)]
        assert bags.info(parent / "bag").complete
        shutil.rmtree(parent)
        shutil.copytree(tmp_path / "live", parent)

    shutil.copytree(tmp_path / "live", parent)
    steps = _at_each_kill(parent, lambda: bags.restore(parent, bags.newest(parent)), lambda: None, check)
    assert steps > 5
