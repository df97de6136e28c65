"""Repair harms nothing: whose bag it is, who writes to it, and what becomes of all that is in it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from mcap.reader import make_reader
from mcap.writer import CompressionType
from rosbags.highlevel import AnyReader

from fer_ros.core import bags
from fer_ros.core.bags.mending import swap
from fer_ros.core.base.errors import ConfigError, FerError

from .conftest import Record, cut, foreign, picture, roi, stamp, tree

TAKES = [("happy", "Kim", 6), ("sad", "Kim", 2)]


def test_a_bag_of_other_topics_is_left_alone(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "b", ours=False)
    cut(folder / "other_0.mcap")
    before = tree(folder)
    with pytest.raises(ConfigError, match=r"other topics \('/chatter'\): it is left as it is.*`mcap recover .*mcap`"):
        bags.repair(folder)
    with pytest.raises(ConfigError, match="other topics"):
        bags.BagWriter(folder, {})
    assert tree(folder) == before
    cut(folder / "other_0.mcap", 0.02)
    before = tree(folder)
    with pytest.raises(ConfigError, match="left as it is"):
        bags.repair(folder)
    assert tree(folder) == before


@pytest.mark.parametrize("compression", [CompressionType.NONE, CompressionType.ZSTD, CompressionType.LZ4])
def test_everything_that_another_program_wrote_beside_our_topics_stays(
    tmp_path: Path, compression: CompressionType
) -> None:
    folder = foreign(tmp_path / "b", ours=True, compression=compression)
    file = folder / "other_0.mcap"
    content = bytearray(file.read_bytes())
    # One chunk in the middle, and everything from the index on.
    with file.open("rb") as stream:
        chunks = make_reader(stream).get_summary().chunk_indexes  # type: ignore[union-attr]
    assert len(chunks) == 3
    content[chunks[1].chunk_start_offset + 200] ^= 0x10
    file.write_bytes(content[: chunks[-1].chunk_start_offset + chunks[-1].chunk_length])
    lost = sum(1 for n in range(12) if chunks[1].message_start_time <= stamp(n) <= chunks[1].message_end_time)
    with pytest.raises(ConfigError, match="is damaged"):
        bags.info(folder)
    original = file.read_bytes()
    repaired = bags.repair(folder)
    (report,) = repaired.files
    assert (folder / report.backup).read_bytes() == original
    assert "chunk at byte" in report.sentence()
    assert repaired.info.others.keys() == {"/chatter"}
    assert 0 < repaired.info.samples < 12
    with file.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        assert [(m.name, m.metadata) for m in reader.iter_metadata()] == [("notes", {"weather": "rain"})]
        assert [(a.name, a.data, a.create_time) for a in reader.iter_attachments()] == [("notes.txt", b"a note", 1)]
        messages = list(reader.iter_messages())
    assert len(messages) == report.kept >= 36 - 3 * lost
    with AnyReader([folder]) as rosbag:
        assert rosbag.message_count == report.kept == len(list(rosbag.messages()))
        assert set(rosbag.topics) == {"/chatter", "/fer/image_raw/compressed", "/fer/label"}
    # We cannot go on in it: metadata.yaml would lose the further topic.
    before = tree(folder)
    with pytest.raises(ConfigError, match="another program"):
        bags.BagWriter(folder, {})
    assert tree(folder) == before


def test_compressed_bags_and_links_are_left_alone(record: Record, tmp_path: Path) -> None:
    folder = record(TAKES)
    cut(folder / "bag_2.mcap")
    links = tmp_path / "links"
    links.mkdir()
    for file in folder.iterdir():
        (links / file.name).symlink_to(file)
    text = (folder / "metadata.yaml").read_text()
    text = text.replace("compression_format: ''", "compression_format: zstd")
    before = tree(folder)
    with pytest.raises(ConfigError, match="consists of links"):
        bags.repair(links)
    (folder / "metadata.yaml").write_text(text.replace("compression_mode: ''", "compression_mode: MESSAGE"))
    before = tree(folder)
    with pytest.raises(ConfigError, match=r"compressed \(zstd\).*left as it is"):
        bags.repair(folder)
    assert tree(folder) == before


WRITER = """
import sys, time
file = open(sys.argv[1], "ab")
print("open", flush=True)
sys.stdin.read()
"""


def test_a_bag_that_another_program_writes_is_left_alone(record: Record) -> None:
    folder = record(TAKES)
    cut(folder / "bag_2.mcap")
    before = tree(folder)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder / "bag_2.mcap")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(ConfigError, match=rf"being written by process {other.pid} \(python.*left as it is"):
            bags.repair(folder)
        assert tree(folder) == before
        assert other.stdin is not None
        other.stdin.close()
    assert bags.repair(folder).info.complete


def test_a_file_that_grows_meanwhile_is_left_alone(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a program of another user, whose open files nobody sees."""
    folder = record(TAKES)
    cut(folder / "bag_2.mcap")
    module = sys.modules["fer_ros.core.bags.repair"]
    real = module._compare

    def compare(*arguments: object) -> None:
        real(*arguments)
        with (folder / "bag_2.mcap").open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(module, "_compare", compare)
    with pytest.raises(ConfigError, match="another program"):
        bags.repair(folder)
    assert sorted(f.name for f in folder.iterdir()) == ["bag_1.mcap", "bag_2.mcap", "metadata.yaml"]
    assert (folder / "bag_2.mcap").read_bytes().endswith(b"more")


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_whole_bag_stays_as_it_is(record: Record, storage: str) -> None:
    folder = record(TAKES, storage)
    before = tree(folder)
    repaired = bags.repair(folder)
    assert (repaired.files, repaired.info.complete) == ([], True)
    assert tree(folder) == before


def test_a_cut_database_never_vanishes(record: Record, fer_home: Path) -> None:
    folder = record([("happy", "Kim", 40)], "sqlite3")
    file = folder / "bag_1.db3"
    cut(file)
    assert bags.listing(folder.parent) == [folder]
    with pytest.raises(ConfigError, match="damaged"):
        bags.info(folder)
    repaired = bags.repair(folder)
    assert bags.listing(folder.parent) == [folder]
    assert repaired.info.samples > 15
    (report,) = repaired.files
    assert report.kept == 2 * repaired.info.samples + repaired.info.unlabelled == 80 - report.lost
    assert "messages" in report.damage[0]
    for sample in bags.stored(folder):
        number = round((sample.stamp - stamp(0)) / (stamp(1) - stamp(0)))
        assert (sample.picture, sample.roi) == (picture(number), roi(number))
    with AnyReader([folder]) as reader:
        assert reader.message_count == report.kept == len(list(reader.messages()))


def test_a_database_of_which_nothing_is_left_stays(record: Record) -> None:
    folder = record([("happy", "Kim", 4)], "sqlite3")
    (folder / "bag_1.db3").write_bytes(b"\1" * 20_000)
    before = tree(folder)
    with pytest.raises(ConfigError, match="nothing in its files can be read; they are left as they are"):
        bags.repair(folder)
    assert tree(folder) == before


def test_further_tables_and_topics_of_a_database_stay(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    with bags.BagWriter(tmp_path / "live", {"camera": "c"}, "sqlite3") as writer:
        writer.begin_take("happy")
        for number in range(5):
            writer.write(stamp(number), picture(number), None)
        folder.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / "live" / f"live_1.db3{suffix}", folder / f"bag_1.db3{suffix}")
    base = sqlite3.connect(tmp_path / "bag" / "bag_1.db3")
    base.execute("CREATE TABLE notes (text TEXT)")
    base.execute("INSERT INTO notes VALUES ('rain')")
    base.execute("INSERT INTO topics VALUES (9, '/chatter', 'std_msgs/msg/String', 'cdr', '', '')")
    base.execute("INSERT INTO messages (topic_id, timestamp, data) VALUES (9, 5, x'00')")
    base.commit()
    before = (folder / "bag_1.db3").read_bytes(), (folder / "bag_1.db3-wal").read_bytes()
    shutil.copytree(folder, tmp_path / "killed")
    base.close()
    repaired = bags.repair(tmp_path / "killed")
    assert repaired.info.others == {"/chatter": 1}
    assert (repaired.info.samples, repaired.info.complete, repaired.info.unchecked) == (5, True, [])
    backup = tmp_path / "killed" / "bag_1.db3.backup"
    assert (backup.read_bytes(), Path(f"{backup}-wal").read_bytes()) == before
    mended = sqlite3.connect(tmp_path / "killed" / "bag_1.db3")
    assert mended.execute("SELECT text FROM notes").fetchall() == [("rain",)]
    mended.close()
    content = yaml.safe_load((tmp_path / "killed" / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert content["message_count"] == 11
    assert {t["topic_metadata"]["name"] for t in content["topics_with_message_count"]} >= {"/chatter"}


class Killed(BaseException):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_interrupted_at_any_step(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str) -> None:
    """As by a kill: nothing that would clean up afterwards runs. Each call that changes a folder is a step."""
    whole = record(TAKES, storage, "whole")
    file = f"whole_1.{'mcap' if storage == 'mcap' else 'db3'}"
    content = bytearray((whole / file).read_bytes())
    content[bytes(content).index(picture(3)) + 50] ^= 1
    (whole / file).write_bytes(content)
    steps = 0
    while True:
        folder = tmp_path / f"try{steps}"
        shutil.copytree(whole, folder)
        left = _interrupt(folder, steps, monkeypatch)
        (kept,) = [f for f in folder.iterdir() if not f.name.startswith(".") and f.read_bytes() == content][:1]
        assert kept.name.startswith(file)
        # Whatever was left, repairing again gives the same.
        repaired = bags.repair(folder)
        assert repaired.info.complete
        assert [s.stamp for s in bags.stored(folder)] == [stamp(n) for n in (0, 1, 2, 4, 5, 6, 7)]
        assert not [f for f in folder.iterdir() if f.name.startswith(".")]
        if left:
            break
        steps += 1
    assert steps > 6


def _interrupt(folder: Path, steps: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Repair a bag, and end it in the middle of things.

    :returns: whether it came to its end.
    """
    calls = 0

    def killing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal calls
            if calls >= steps:
                raise Killed
            calls += 1
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "link", "fsync", "unlink"):
            patch.setattr(os, name, killing(getattr(os, name)))
        patch.setattr(Path, "unlink", killing(Path.unlink))
        try:
            bags.repair(folder)
        except Killed:
            return False
    return True


def test_backups_have_names_of_their_own(record: Record) -> None:
    folder = record(TAKES)
    for number in range(1, 4):
        cut(folder / "bag_1.mcap", 0.9)
        bags.repair(folder)
        names = [f.name for f in swap.backups(folder)]
        assert len([n for n in names if n.startswith("bag_1")]) == number
    with pytest.raises(FerError):
        bags.discard_backups(folder / "none")
    bags.discard_backups(folder)
    assert sorted(f.name for f in folder.iterdir()) == ["bag_1.mcap", "bag_2.mcap", "metadata.yaml"]
