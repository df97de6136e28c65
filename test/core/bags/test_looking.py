"""Looking at a bag changes no byte and no name, whatever lies in it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from fer_ros.core import bags
from fer_ros.core.base.errors import ConfigError

from .conftest import FACTS, Record, tree

TAKE = [("happy", "Kim", 6)]


def _look(folder: Path) -> bags.BagInfo:
    """Everything that only looks; twice, for a look may change what the next one sees."""
    before = tree(folder)
    bags.listing(folder.parent)
    first = bags.info(folder)
    assert len(list(bags.read(folder))) == first.samples
    assert tree(folder) == before
    assert bags.info(folder) == first
    assert tree(folder) == before
    return first


def test_a_database_for_a_log_is_whole_at_each_look(record: Record) -> None:
    folder = record(TAKE, "sqlite3")
    base = sqlite3.connect(folder / "bag_1.db3")
    base.execute("PRAGMA journal_mode = WAL")
    base.close()
    assert sorted(f.name for f in folder.iterdir()) == ["bag_1.db3", "metadata.yaml"]
    found = _look(folder)
    assert (found.samples, found.complete) == (6, True)


@pytest.mark.parametrize("companions", [("-wal", "-shm"), ("-wal",)])
def test_a_database_with_a_full_log(record: Record, tmp_path: Path, companions: tuple[str, ...]) -> None:
    with bags.BagWriter(tmp_path / "live", FACTS, "sqlite3") as writer:
        writer.begin_take("happy")
        for number in range(4):
            writer.write(10**18 + number, b"\xff\xd8\xff", None)
        # As a crash leaves it.
        (tmp_path / "bag").mkdir()
        for suffix in ("", *companions):
            shutil.copy(tmp_path / "live" / f"live_1.db3{suffix}", tmp_path / "bag" / f"bag_1.db3{suffix}")
    before = tree(tmp_path / "bag")
    for _ in range(2):
        assert bags.info(tmp_path / "bag").samples == 4
        assert not bags.info(tmp_path / "bag").complete
        assert tree(tmp_path / "bag") == before


def test_empty_companions_are_no_crash(record: Record) -> None:
    folder = record(TAKE, "sqlite3")
    base = sqlite3.connect(folder / "bag_1.db3")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("SELECT count(*) FROM messages").fetchone()
    (folder / "copy").mkdir()
    for suffix in ("", "-wal", "-shm"):
        shutil.copy(folder / f"bag_1.db3{suffix}", folder / "copy")
    base.close()
    found = _look(folder / "copy")
    assert (found.samples, found.cut) == (6, [])


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_bag_of_symbolic_links(record: Record, tmp_path: Path, storage: str) -> None:
    folder = record([*TAKE, ("sad", "", 2)], storage)
    links = tmp_path / "links"
    links.mkdir()
    for file in folder.iterdir():
        (links / file.name).symlink_to(file)
    before = tree(folder)
    assert _look(links).labels == {"happy": 6, "sad": 2}
    (links / "metadata.yaml").unlink()
    assert _look(links).labels == {"happy": 6, "sad": 2}
    assert tree(folder) == before


def test_no_compression_is_no_compression(record: Record) -> None:
    folder = record(TAKE)
    text = (folder / "metadata.yaml").read_text()
    text = text.replace("compression_format: ''", "compression_format: zstd")
    (folder / "metadata.yaml").write_text(text.replace("compression_mode: ''", "compression_mode: NONE"))
    assert _look(folder).samples == 6


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_facts_that_have_changed_are_no_facts(record: Record, storage: str) -> None:
    folder = record(TAKE, storage)
    whole = bags.info(folder).facts
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        assert b"given in writing" in content
        file.write_bytes(content.replace(b"given in writing", b"given in whiting"))
        try:
            assert bags.info(folder).facts == whole
        except ConfigError as error:
            assert "have changed" in str(error)
        file.write_bytes(content)
    (folder / "metadata.yaml").unlink()
    assert bags.info(folder).facts == whole


def test_bags_without_checksums_are_read_as_not_checked(record: Record) -> None:
    folder = record(TAKE, "sqlite3")
    assert bags.info(folder).unchecked == []
    base = sqlite3.connect(folder / "bag_1.db3")
    (text,) = base.execute("SELECT metadata FROM metadata").fetchone()
    start = text.index('"checksum"')
    base.execute("UPDATE metadata SET metadata = ?", (text[:start] + text[text.index(",", start) + 2 :],))
    base.execute("UPDATE messages SET id = id >> 32")
    base.commit()
    base.close()
    found = _look(folder)
    assert (found.samples, found.unchecked, found.facts["consent"]) == (6, ["bag_1.db3"], FACTS["consent"])
